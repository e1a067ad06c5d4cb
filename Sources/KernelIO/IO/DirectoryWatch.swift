internal import CLinux
internal import Glibc

/// Reports directories in which an entry was made, removed, renamed or written to (inotify(7)).
///
/// It costs nothing while nothing happens. Watches are a limited resource of the user
/// (`fs.inotify.max_user_watches`), so adding one may fail and the caller must then look by itself.
public struct DirectoryWatch: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// Opens the queue; nil if no instance is left.
    public init?() {
        let number = cgw_watch_open()
        guard number >= 0 else { return nil }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// For poll(2): can be read once something happened, until ``drain()``.
    public var number: Int32 { descriptor.number }

    /// Watches a directory; nil if that cannot be had.
    public func add(_ path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_add(descriptor.number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Gives a watch back.
    public func remove(_ watch: Int32) { _ = cgw_watch_remove(descriptor.number, watch) }

    /// What happened since the last call.
    public struct Report {
        /// Watches of directories whose list of entries changed.
        public var changed: Set<Int32> = []
        /// Watches of directories in which a file was written to by user space, or notified of.
        public var written: Set<Int32> = []
        /// Whether the kernel dropped events, so that everything must be looked at.
        public var overflowed = false
    }

    /// Takes what happened since the last call.
    public mutating func drain() -> Report {
        var report = Report()
        while true {
            let number = descriptor.number
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe read(number, raw.baseAddress, raw.count)
            }
            guard got > 0 else { return report }
            // `struct inotify_event`: watch (4), mask (4), cookie (4), name length (4), name.
            var start = 0
            while start + 16 <= got {
                let watch = Int32(bitPattern: word(start))
                let length = Int(word(start + 12))
                let mask = word(start + 4)
                if watch < 0 || mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    report.overflowed = true
                } else if mask & UInt32(IN_MODIFY) != 0 {
                    report.written.insert(watch)
                } else {
                    report.changed.insert(watch)
                }
                start += 16 + length
            }
        }
    }

    private func word(_ offset: Int) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(buffer[offset + $1]) }
    }
}
