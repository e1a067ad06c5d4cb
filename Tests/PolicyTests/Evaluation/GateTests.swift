import CgroupModel
import PolicyLanguage
import Testing

@testable import Policy

/// The one order of what speaks against an action.
@Suite struct GateTests {
    private static let row = Row(0)

    private static func gate(allowsKill: Bool = true) -> Gate {
        var budgets = Budgets()
        budgets.kill = Budgets.Budget(1, per: .seconds(15))
        var gate = Gate(budgets, allowsKill: allowsKill)
        gate.grow(to: 2)
        return gate
    }

    private static let kill = Gate.Request(
        actions: [.kill], takesTurn: true, superseded: "superseded: another rule",
        need: BudgetLedger.Need(kills: 1))

    /// Everything speaks against it; what is named first is taken away, one after the other.
    @Test func heldThenProtectedThenSupersededThenHungThenBudget() {
        var facts = TestFacts()
        facts.held = ["/a": "anna"]
        facts.protected = ["/a": "sshd"]
        let scene = PartScene(facts: facts)
        let (row, entry, now) = (Self.row, scene.entry(Self.row), scene.sight.now)
        var gate = Self.gate(allowsKill: false)
        // The budget is spent.
        #expect(gate.spend(BudgetLedger.Need(kills: 1), on: entry.id, at: now) == nil)
        gate.takeTurn(row, at: now)
        gate.hang(row, on: 5)
        var request = Self.kill
        #expect(gate.pass(request, row, entry, facts, at: now) == .held("anna"))
        facts.held = [:]
        #expect(gate.pass(request, row, entry, facts, at: now) == .killingForbidden)
        gate.reload(Budgets(), allowsKill: true)
        #expect(gate.pass(request, row, entry, facts, at: now) == .protected("sshd"))
        facts.protected = [:]
        #expect(gate.pass(request, row, entry, facts, at: now) == .turnTaken)
        let next = now + PartScene.second
        #expect(
            gate.pass(request, row, entry, facts, at: next)
                == .superseded("superseded: another rule"))
        request.superseded = nil
        #expect(gate.pass(request, row, entry, facts, at: next) == .hung)
        gate.release(row, from: 5)
        #expect(gate.pass(request, row, entry, facts, at: next) == .budget(.kill))
        let later = now + 15 * PartScene.second
        #expect(gate.pass(request, row, entry, facts, at: later) == nil)
    }

    @Test func refusalForAnotherReasonSpendsNoBudget() {
        let scene = PartScene()
        let (entry, now) = (scene.entry(Self.row), scene.sight.now)
        var gate = Self.gate()
        var request = Self.kill
        #expect(gate.pass(request, Self.row, entry, scene.sight.facts, at: now) != nil)
        #expect(gate.budgetHits.allSatisfy { $0.count == 0 })
        request.superseded = nil
        #expect(gate.pass(request, Self.row, entry, scene.sight.facts, at: now) == nil)
        #expect(
            gate.pass(request, Self.row, entry, scene.sight.facts, at: now) == .budget(.kill))
        #expect(gate.budgetHits.first { $0.budget == "kill" }?.count == 1)
    }

    @Test func triedRulesSpendFromBudgetsOfTheirOwn() {
        let scene = PartScene()
        let (entry, now) = (scene.entry(Self.row), scene.sight.now)
        var gate = Self.gate()
        var request = Self.kill
        request.superseded = nil
        request.isTried = true
        #expect(gate.pass(request, Self.row, entry, scene.sight.facts, at: now) == nil)
        request.isTried = false
        #expect(gate.pass(request, Self.row, entry, scene.sight.facts, at: now) == nil)
    }

    /// A value that gives something back needs no turn, whatever else is done to the cgroup.
    @Test func onlyDisruptiveActionsTakeTurns() {
        let scene = PartScene()
        let (entry, now) = (scene.entry(Self.row), scene.sight.now)
        var gate = Self.gate()
        gate.takeTurn(Self.row, at: now)
        #expect(gate.refusal(Gate.Request(), Self.row, entry, scene.sight.facts, at: now) == nil)
        #expect(gate.isTurnTaken(Self.row, at: now))
        #expect(!gate.isTurnTaken(Row(1), at: now))
        #expect(!gate.isDisturbed(Self.row, at: now))
        gate.takeTurn(Self.row, at: now, kills: true)
        #expect(gate.isDisturbed(Self.row, at: now))
        #expect(!gate.isDisturbed(Self.row, at: now + 1))
    }

    @Test func aHungEffectEndsWithItsOwnResultAlone() {
        var gate = Self.gate()
        gate.hang(Self.row, on: 5)
        gate.release(Self.row, from: 4)
        #expect(gate.isHung(Self.row))
        gate.release(Self.row, from: 5)
        #expect(!gate.isHung(Self.row))
    }

    @Test func newCgroupInAReusedRowStartsIdle() {
        let scene = PartScene()
        let (entry, now) = (scene.entry(Self.row), scene.sight.now)
        var gate = Self.gate()
        #expect(gate.spend(BudgetLedger.Need(writes: 1), on: entry.id, at: now) == nil)
        gate.hang(Self.row, on: 5)
        gate.takeTurn(Self.row, at: now)
        gate.forget(Self.row, entry.id)
        #expect(!gate.isHung(Self.row) && !gate.isTurnTaken(Self.row, at: now))
        #expect(!gate.remembers(entry.id, isTried: false))
    }
}
