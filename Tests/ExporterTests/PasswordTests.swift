import KernelIO
import TestSupport
import Testing

@testable import Exporter

@Suite struct PasswordTests {
    @Test(arguments: ["a", "b", "y"]) func everyBcryptVariantIsVerified(_ kind: String) throws {
        let text = WebFixture.hash.replacing("$2y$", with: "$2\(kind)$")
        let hash = try #require(PasswordHash(text))
        #expect(hash.matches(Array(WebFixture.password.utf8)))
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            #expect(!hash.matches(Array(wrong.utf8)), "\(wrong)")
        }
        // A C string would end there.
        #expect(!hash.matches(Array(WebFixture.password.utf8) + [0]))
        #expect(!hash.matches(Array(WebFixture.password.utf8) + [0, 1]))
    }

    @Test func malformedHashesAreRejected() {
        let hash = WebFixture.hash
        for text in [
            "", "secret", String(hash.dropLast()), hash + "a", "$2x$" + hash.dropFirst(4),
            "$2y$03$" + hash.dropFirst(7), "$2y$32$" + hash.dropFirst(7),
            "$2y$0a$" + hash.dropFirst(7), String(hash.dropLast()) + "!", "$1$abc$def",
        ] { #expect(PasswordHash(text) == nil, "\(text)") }
    }

    @Test func decoyHashMatchesNoPassword() {
        let decoy = PasswordHash.decoy(cost: 4)
        #expect(decoy.cost == 4)
        #expect(PasswordHash.decoy(cost: 12).cost == 12)
        #expect(!decoy.matches([]))
        #expect(!decoy.matches(Array(WebFixture.password.utf8)))
    }

    @Test(arguments: [
        ("Basic YTpi", "a", "b"), ("basic  YTpi", "a", "b"), ("BASIC YTpiOmM=", "a", "b:c"),
        ("Basic Og==", "", ""), ("Basic Og", "", ""), ("Basic w6Q6w7Y=", "ä", "ö"),
    ])
    func basicCredentialsAreParsed(_ header: String, _ user: String, _ secret: String) {
        let credentials = BasicCredentials(header)
        #expect(credentials?.user == user)
        #expect(credentials?.secret == Array(secret.utf8))
    }

    @Test(arguments: [
        "", "Basic", "Bearer YTpi", "Basic YQ==", "Basic Y!pi", "Basic YTpi YTpi", "Basic YTpib",
        "Basic /zpi", "YTpi",
    ])
    func malformedCredentialsAreRejected(_ header: String) {
        #expect(BasicCredentials(header) == nil)
    }

    @Test func verdictsAreCached() async throws {
        let users = ["known": try #require(PasswordHash(WebFixture.hash))]
        let check = PasswordCheck()
        let right = Array(WebFixture.password.utf8)
        for _ in 0..<3 {
            #expect(
                await check.verdict(user: "known", secret: right, users: users, for: "a") == .right)
            #expect(
                await check.verdict(user: "known", secret: [1], users: users, for: "a") == .wrong)
            #expect(
                await check.verdict(user: "nobody", secret: right, users: users, for: "a") == .wrong
            )
        }
        // A verdict for another hash is not reused.
        let changed = ["known": PasswordHash.decoy(cost: 4)]
        #expect(
            await check.verdict(user: "known", secret: right, users: changed, for: "a") == .wrong)
    }

    /// Forty that are not remembered, of one client.
    private func guess(_ check: PasswordCheck, _ users: [String: PasswordHash]) -> Task<Int, Never>
    {
        Task {
            await withTaskGroup(of: PasswordCheck.Verdict.self) { group in
                for number in UInt8(1)...40 {
                    group.addTask {
                        await check.verdict(
                            user: "guessed", secret: [number], users: users, for: "a")
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 == .wrong ? 1 : 0 }
            }
        }
    }

    private func guessing() throws -> (users: [String: PasswordHash], right: [UInt8]) {
        let dear = WebFixture.hash.replacing("$04$", with: "$08$")
        return (
            [
                "guessed": try #require(PasswordHash(dear)),
                "known": try #require(PasswordHash(WebFixture.hash)),
            ], Array(WebFixture.password.utf8)
        )
    }

    @Test func knownUserDoesNotWaitForGuesses() async throws {
        let (users, right) = try guessing()
        let check = PasswordCheck()
        #expect(await check.verdict(user: "known", secret: right, users: users, for: "a") == .right)
        let guesses = guess(check, users)
        while check.waiting < 30 { await Task.yield() }
        for _ in 0..<40 {
            #expect(
                await check.verdict(user: "known", secret: right, users: users, for: "a") == .right)
        }
        #expect(await guesses.value == 40)
    }

    @Test(arguments: ["a", "b"])
    func newUserIsNeverRejectedBecauseOfGuesses(_ client: String) async throws {
        let (users, right) = try guessing()
        let check = PasswordCheck()
        let guesses = guess(check, users)
        while check.waiting < 30 { await Task.yield() }
        let verdict = await check.verdict(user: "known", secret: right, users: users, for: client)
        #expect(verdict == .right)
        // Another client's turn is the next one; it waits for no more than that which runs.
        if client == "b" { #expect(check.waiting > 20) }
        #expect(await guesses.value == 40)
    }

    @Test func clientsTakeTurnsAndTheBusiestIsRejected() async {
        let turns = Turns(most: 3)
        #expect(await turns.take(for: "a"))
        let tasks = ["a", "a", "b"].enumerated().map { place, client in
            Task {
                while turns.waiting < place { await Task.yield() }
                return await turns.take(for: client)
            }
        }
        while turns.waiting < 3 { await Task.yield() }
        let late = Task { await turns.take(for: "c") }
        // One of client a's two attempts was dropped.
        while turns.waiting != 3 || turns.clients != ["a", "b", "c"] { await Task.yield() }
        turns.pass()
        turns.pass()
        turns.pass()
        #expect(await late.value)
        #expect(await tasks[2].value)
        let own = [await tasks[0].value, await tasks[1].value]
        #expect(own.count { $0 } == 1)
        turns.pass()
        #expect(await turns.take(for: "d"))
    }

    @Test func disconnectedClientLeavesTheQueue() async {
        let turns = Turns()
        #expect(await turns.take(for: "a"))
        let task = Task { await turns.take(for: "a") }
        while turns.waiting == 0 { await Task.yield() }
        task.cancel()
        #expect(await task.value == false)
        #expect(turns.waiting == 0)
        turns.pass()
        #expect(await turns.take(for: "a"))
    }

    @Test func unknownUserTakesTheSameTime() async throws {
        let dear = WebFixture.hash.replacing("$04$", with: "$08$")
        // The one that is asked for is cheap, another one's is not.
        let users = [
            "dear": try #require(PasswordHash(dear)),
            "known": try #require(PasswordHash(WebFixture.hash)),
        ]
        let check = PasswordCheck()
        var (known, unknown) = (Duration.seconds(100), Duration.seconds(100))
        func time(_ user: String, _ number: UInt8) async -> Duration {
            let start = ContinuousClock.now
            let verdict = await check.verdict(user: user, secret: [number], users: users, for: "a")
            #expect(verdict == .wrong)
            return start.duration(to: .now)
        }
        // Other load makes single times longer, but not the shortest of many.
        for number in UInt8(1)...60 {
            known = min(known, await time("known", number))
            unknown = min(unknown, await time("unknown", number))
            if number >= 6, (0.4...2.5).contains(unknown / known) { break }
        }
        #expect((0.4...2.5).contains(unknown / known), "\(unknown) and \(known)")
    }

    @Test func rateLimitAllowsABurstThenSingleRequests() {
        let limit = WebConfiguration.RateLimit(interval: .seconds(1), burst: 3)
        let bucket = TokenBucket()
        let start = ContinuousClock.now + .seconds(1)
        func taken(_ seconds: Double) -> Bool {
            bucket.take(limit, at: start + .seconds(seconds))
        }
        #expect([0, 0, 0, 0].map(taken) == [true, true, true, false])
        #expect([0.5, 1, 1.5, 2.5].map(taken) == [false, true, false, true])
        // It never holds more than the burst.
        #expect([100, 100, 100, 100].map(taken) == [true, true, true, false])
        // A clock that is read by two threads may come in the wrong order.
        #expect(!taken(99))
    }

    @Test func slotsAreReleased() {
        let slots = RequestSlots(most: 2)
        var held = [slots.take(), slots.take()]
        #expect(held.compactMap { $0 }.count == 2)
        #expect(slots.take() == nil)
        #expect(slots.take() == nil)
        held.removeLast()
        held.append(slots.take())
        #expect(held.compactMap { $0 }.count == 2)
        #expect(slots.take() == nil)
        let unlimited = RequestSlots(most: 0)
        #expect((0..<100).map { _ in unlimited.take() }.allSatisfy { $0 != nil })
    }
}
