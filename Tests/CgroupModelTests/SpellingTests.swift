import CgroupModel
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "", 0), ("a", "a", 0), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "", 3),
        ("memory.max", "memory.mxa", 1), ("abcd", "badc", 2), ("flaw", "lawn", 2), ("", "ab", 2),
    ])
    func distanceIsThatOfTypingErrors(left: String, right: String, distance: Int) {
        for farthest in 0...5 {
            let found = Spelling.names(like: left, among: [right], most: 1, farthest: farthest)
            #expect(found.isEmpty == (distance > farthest), "\(farthest)")
            let back = Spelling.names(like: right, among: [left], most: 1, farthest: farthest)
            #expect(back.isEmpty == (distance > farthest), "\(farthest)")
        }
    }

    @Test func oneOfTwoLettersIsNotEnough() {
        #expect(Spelling.names(like: "v3", among: ["v1", "v2", "hybrid"], most: 1).isEmpty)
        #expect(Spelling.names(like: "sm", among: ["ms", "us"], most: 1) == ["ms"])
        #expect(Spelling.names(like: "ne", among: ["net", "pid"], most: 1) == ["net"])
    }

    @Test func nearestNameComesFirst() {
        #expect(
            Spelling.names(
                like: "memory.mix", among: ["memory.max", "memory.min", "pids.max"], most: 3)
                == ["memory.max", "memory.min"])
    }

    /// A tenant can make many cgroups with long names; a suggestion must not wait for them.
    @Test func manyLongNamesAreComparedFast() {
        let wanted = String(repeating: "ab", count: 50)
        let names = (0..<5000).map { "\(wanted.dropLast(6))\(100_000 + $0)" }
        let start = ContinuousClock.now
        #expect(Spelling.names(like: wanted, among: names, most: 3, farthest: 2).isEmpty)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
