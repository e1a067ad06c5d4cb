import PolicyLanguage
import Testing

@testable import Policy

/// Claims to cgroups that are to stand still.
@Suite struct FreezeLedgerTests {
    private static let second = PartScene.second
    private let row = Row(1)

    private func ledger(_ claims: [FreezeClaim]) -> FreezeLedger {
        var ledger = FreezeLedger()
        ledger.grow(to: 2)
        for claim in claims { ledger.add(claim, to: row) }
        return ledger
    }

    private func claim(
        _ rule: Int, isDryRun: Bool = false, _ onTimeout: FreezeTimeout = .thaw
    ) -> FreezeClaim {
        FreezeClaim(
            rule: RuleIndex(rule), priority: 0, isDryRun: isDryRun, timeout: .seconds(60),
            onTimeout: onTimeout, at: 100 * Self.second)
    }

    @Test func thawedOnlyWhenTheLastClaimIsDropped() {
        var ledger = ledger([claim(0), claim(1)])
        #expect(ledger.drop(row) { $0.rule == RuleIndex(0) } == [])
        #expect(ledger.isFrozen(row))
        #expect(ledger.drop(row) { $0.rule == RuleIndex(0) } == [])
        #expect(ledger.drop(row) { $0.rule == RuleIndex(1) } == [false])
        #expect(!ledger.isFrozen(row))
    }

    @Test func triedClaimsAreCountedApart() {
        var ledger = ledger([claim(0, isDryRun: true)])
        #expect(!ledger.isFrozen(row))
        ledger.add(claim(1), to: row)
        #expect(ledger.drop(row) { $0.rule == RuleIndex(0) } == [true])
        ledger.add(claim(0, isDryRun: true), to: row)
        #expect(ledger.drop(row) { _ in true } == [false, true])
    }

    @Test func aClaimExpiresAtItsDeadline() {
        let ledger = ledger([claim(0)])
        #expect(ledger.expired(row, at: 160 * Self.second - 1).isEmpty)
        #expect(ledger.expired(row, at: 160 * Self.second).map(\.rule) == [RuleIndex(0)])
        #expect(ledger.expired(Row(0), at: .max).isEmpty)
    }

    /// The kernel side must hold until the engine has killed it.
    @Test func aFreezeThatEndsInAKillLastsLongerByItself() {
        let killing = claim(0, .kill)
        #expect(killing.timeout == .seconds(60))
        #expect(FreezeClaim.longest(.seconds(60), .kill) == .seconds(65))
        #expect(!killing.isEnding(at: 155 * Self.second))
        #expect(killing.isEnding(at: 155 * Self.second + 1))
        var ledger = ledger([killing])
        ledger.renew(row, RuleIndex(0), at: 160 * Self.second)
        #expect(!ledger.claims(row)[0].isEnding(at: 179 * Self.second))
        ledger.awaitKill(row, RuleIndex(0))
        #expect(ledger.awaitsKill(row, RuleIndex(0)) && !ledger.awaitsKill(row, RuleIndex(1)))
    }

    @Test func someoneElsesThawCountsOnceAFreezeWasSeen() {
        var ledger = ledger([claim(0), claim(1, isDryRun: true)])
        // It was asked for, and the snapshot does not show it yet.
        #expect(ledger.observe(row, isFrozen: false).isEmpty)
        #expect(ledger.observe(row, isFrozen: true).isEmpty)
        #expect(ledger.observe(row, isFrozen: false).map(\.rule) == [RuleIndex(0)])
        #expect(ledger.claims(row).map(\.isDryRun) == [true])
    }

    @Test func claimsFollowTheirRulesIntoAnotherPolicy() {
        var ledger = ledger([claim(0), claim(2)])
        ledger.keepThawed(row, RuleIndex(1))
        ledger.renumber(row, [RuleIndex(2): RuleIndex(0), RuleIndex(1): RuleIndex(5)])
        #expect(ledger.claims(row).map(\.rule) == [RuleIndex(0)])
        #expect(ledger.thawing(row) == [RuleIndex(5)])
    }

    @Test func nothingIsLeftOfACgroupThatIsGone() {
        var ledger = ledger([claim(0)])
        ledger.owe(row, true)
        ledger.forget(row)
        #expect(!ledger.isFrozen(row) && !ledger.owesThaw(row))
    }
}
