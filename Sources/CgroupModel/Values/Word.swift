import Synchronization

/// A text value such as `0-3`, stored once per process so that a reading takes eight bytes.
package enum Word {
    /// The origin of a text.
    package enum Source: Sendable {
        /// The host as it is now.
        case present
        /// A recording, which may have the words of years, and can fill only half of the table.
        case past
    }

    /// The texts by number.
    struct Table {
        /// Distinct texts are few (CPU lists, states, page sizes); this limits a hostile tree.
        static let capacity = 1 << 16
        static let mostBytes = 4 << 20

        private(set) var texts: [String] = []
        private(set) var indices: [String: UInt32] = [:]
        private var bytes = 0

        mutating func intern(_ text: String, from source: Source) -> UInt32? {
            if let known = indices[text] { return known }
            let part = source == .past ? 2 : 1
            guard texts.count < Self.capacity / part,
                bytes + text.utf8.count <= Self.mostBytes / part
            else { return nil }
            bytes += text.utf8.count
            let index = UInt32(texts.count)
            texts.append(text)
            indices[text] = index
            return index
        }
    }

    private static let table = Mutex(Table())

    /// The number of a text; nil if the table is full.
    package static func intern(_ text: String, from source: Source = .present) -> UInt32? {
        table.withLock { $0.intern(text, from: source) }
    }

    /// The number of a text; nil if the text was never interned.
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
