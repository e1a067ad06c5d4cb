import Testing

@testable import CgroupModel

/// The table of words is bounded, and old recordings cannot take the place of the present host's.
@Suite struct WordTests {
    @Test func wordsOfThePastLeaveHalfOfTheTable() {
        var table = Word.Table()
        var last: UInt32?
        for number in 0..<Word.Table.capacity {
            last = table.intern("old-\(number)", from: .past)
        }
        #expect(last == nil && table.texts.count == Word.Table.capacity / 2)
        #expect(table.intern("old-7", from: .past) == 7)
        for number in 0..<Word.Table.capacity / 2 {
            last = table.intern("new-\(number)", from: .present)
        }
        #expect(last == UInt32(Word.Table.capacity - 1))
        #expect(table.intern("more", from: .present) == nil)
        #expect(table.intern("new-0", from: .past) == UInt32(Word.Table.capacity / 2))
    }

    @Test func longWordsAreBoundedByTheirBytes() {
        var table = Word.Table()
        let long = String(repeating: "x", count: 1 << 20)
        #expect(table.intern(long + "1", from: .past) != nil)
        #expect(table.intern(long + "2", from: .past) == nil)
        #expect(table.intern(long + "2", from: .present) != nil)
        #expect(table.intern(long + "3", from: .present) != nil)
        #expect(table.intern(long + "4", from: .present) == nil)
        #expect(table.intern("short", from: .present) != nil)
    }
}
