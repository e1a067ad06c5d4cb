internal import CLinux
internal import Glibc

/// Reports directories in which an entry was created, removed, renamed or written to (inotify(7)).
///
/// It costs nothing while nothing happens. Watches are a limited resource of the user
/// (`fs.inotify.max_user_watches`). If adding one fails, the caller must poll the directory.
package struct DirectoryWatch: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// Creates the inotify instance; nil if none is left.
    package init?() {
        let number = cgw_watch_open()
        guard number >= 0 else { return nil }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// The descriptor for poll(2): readable while events are pending.
    package var number: Int32 { descriptor.number }

    /// Watches a directory; nil if that fails.
    package func add(_ path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_add(descriptor.number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Removes a watch.
    package func remove(_ watch: Int32) { _ = cgw_watch_remove(descriptor.number, watch) }

    /// The events since the last call of ``drain()``.
    package struct Report {
        /// Watches of directories whose entries changed.
        package var changed: Set<Int32> = []
        /// Watches of directories in which user space wrote to a file, or the kernel notified of a
        /// change.
        package var written: Set<Int32> = []
        /// Whether the kernel dropped events, so that every directory must be checked.
        package var overflowed = false
    }

    /// Takes all pending events.
    package mutating func drain() -> Report {
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
