import CgroupModel
import Testing

@Suite struct SpellingTests {
    @Test(arguments: ["tpo": "top", "stauts": "status", "memroy.max": "memory.max"])
    func transposedLettersCountAsOneError(typed: String, meant: String) {
        let names = ["set", "get", "pin", "top", "stat", "status", "memory.max", "memory.low"]
        #expect(Spelling.names(like: typed, among: names, most: 1, farthest: 1) == [meant])
    }

    @Test func nearestSuggestionComesFirst() {
        #expect(Spelling.names(like: "sett", among: ["get", "set"], most: 2) == ["set", "get"])
        #expect(Spelling.names(like: "frobnicate", among: ["get", "set"], most: 2) == [])
    }
}
