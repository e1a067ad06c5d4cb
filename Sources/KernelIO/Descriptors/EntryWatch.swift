internal import CLinux
internal import Glibc

/// Reports created and removed directories and changed files, in order (inotify(7)).
///
/// Watches are a limited resource of the user (`fs.inotify.max_user_watches`).
package struct EntryWatch: ~Copyable, Sendable {
    /// An event; watches are identified by their numbers.
    package enum Event: Sendable {
        /// A directory was created in a watched one.
        case created([UInt8], in: Int32)
        /// A directory was removed from a watched one.
        case removed([UInt8], from: Int32)
        /// User space wrote to a watched file, or the kernel reported a change of its content.
        case changed(Int32)
        /// The watched file or directory is gone, and the watch with it.
        case ended(Int32)
        /// The kernel dropped events.
        case lost
    }

    private let descriptor: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var start = 0
    private var end = 0

    /// Creates the inotify instance; nil if none is left.
    package init?() {
        let number = cgw_watch_open()
        guard number >= 0 else { return nil }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// The descriptor for poll(2): readable while events are pending.
    package var number: Int32 { descriptor.number }

    /// Watches the entries of a directory; nil if that fails.
    package func add(directory path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_entries(descriptor.number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Watches the content of a file; nil if that fails.
    package func add(file path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_file(descriptor.number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Takes the next event; nil if there is none now.
    package mutating func next() -> Event? {
        while true {
            guard start + 16 <= end || fill() else { return nil }
            // `struct inotify_event`: watch (4), mask (4), cookie (4), name length (4), name.
            let place = start
            let watch = Int32(bitPattern: word(place))
            let mask = word(place + 4)
            let length = Int(word(place + 12))
            start = min(place + 16 + length, end)
            if watch < 0 || mask & UInt32(IN_Q_OVERFLOW) != 0 { return .lost }
            if mask & UInt32(IN_IGNORED) != 0 { return .ended(watch) }
            if mask & UInt32(IN_MODIFY) != 0 { return .changed(watch) }
            guard mask & UInt32(bitPattern: Int32(truncatingIfNeeded: IN_ISDIR)) != 0 else {
                continue
            }
            let name = Array(buffer[(place + 16)..<start].prefix { $0 != 0 })
            let isNew = mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0
            return isNew ? .created(name, in: watch) : .removed(name, from: watch)
        }
    }

    private mutating func fill() -> Bool {
        (start, end) = (0, 0)
        let number = descriptor.number
        let got = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe read(number, raw.baseAddress, raw.count)
        }
        guard got >= 16 else { return false }
        end = got
        return true
    }

    private func word(_ offset: Int) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(buffer[offset + $1]) }
    }
}
