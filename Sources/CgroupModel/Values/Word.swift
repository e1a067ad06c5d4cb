import Synchronization

/// A text value such as `0-3`, stored once per process so that a reading takes eight bytes.
package enum Word {
    private struct Table {
        var texts: [String] = []
        var indices: [String: UInt32] = [:]
    }

    /// Distinct texts are few (CPU lists, states, page sizes); this limits a hostile tree.
    private static let capacity = 1 << 16
    private static let table = Mutex(Table())

    /// The number of a text; nil if the table is full.
    package static func intern(_ text: String) -> UInt32? {
        table.withLock { table in
            if let known = table.indices[text] { return known }
            guard table.texts.count < capacity else { return nil }
            let index = UInt32(table.texts.count)
            table.texts.append(text)
            table.indices[text] = index
            return index
        }
    }

    /// The number of a text; nil if it has none, as ``intern(_:)`` was never called with it.
    package static func number(of text: String) -> UInt32? {
        table.withLock { $0.indices[text] }
    }

    /// The texts from a number on; numbers increase, so these are the ones added since.
    package static func texts(from index: Int) -> ArraySlice<String> {
        table.withLock { $0.texts[min(index, $0.texts.count)...] }
    }

    /// The text of a number; empty for a number that was never assigned.
    package static func text(_ index: UInt64) -> String {
        table.withLock { index < UInt64($0.texts.count) ? $0.texts[Int(index)] : "" }
    }
}
