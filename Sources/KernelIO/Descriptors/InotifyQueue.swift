internal import CLinux
internal import Glibc

/// An inotify(7) instance, whose events are taken one by one.
struct InotifyQueue: ~Copyable, Sendable {
    /// One event.
    struct Event {
        /// The number of the watch.
        let watch: Int32
        /// The `IN_` flags.
        let mask: UInt32
        /// The range of the entry's name in the buffer, zero padding included.
        fileprivate let name: Range<Int>

        /// Whether the kernel dropped events before this one.
        var isLoss: Bool { watch < 0 || has(Int(IN_Q_OVERFLOW)) }

        func has(_ flag: Int) -> Bool { mask & UInt32(truncatingIfNeeded: flag) != 0 }
    }

    private let descriptor: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var start = 0
    private var end = 0
    private static let headLength = 16

    /// Creates the instance; nil if none is left.
    init?() {
        let number = cgw_watch_open()
        guard number >= 0 else { return nil }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// The descriptor for poll(2): readable while events are pending.
    var number: Int32 { descriptor.number }

    /// Takes the next event; nil if there is none now.
    mutating func next() -> Event? {
        guard start + Self.headLength <= end || fill() else { return nil }
        // `struct inotify_event`: watch (4), mask (4), cookie (4), name length (4), name.
        let head = start
        let name = head + Self.headLength
        start = min(name + Int(word(head + 12)), end)
        return Event(
            watch: Int32(bitPattern: word(head)), mask: word(head + 4), name: name..<start)
    }

    /// Returns the entry's name in an event, which must be the event taken last.
    func name(of event: Event) -> [UInt8] { Array(buffer[event.name].prefix { $0 != 0 }) }

    private mutating func fill() -> Bool {
        (start, end) = (0, 0)
        let number = descriptor.number
        let got = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe read(number, raw.baseAddress, raw.count)
        }
        guard got >= Self.headLength else { return false }
        end = got
        return true
    }

    private func word(_ offset: Int) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(buffer[offset + $1]) }
    }
}
