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

    private var events: InotifyQueue

    /// Creates the inotify instance; nil if none is left.
    package init?() {
        guard let events = InotifyQueue() else { return nil }
        self.events = events
    }

    /// The descriptor for poll(2): readable while events are pending.
    package var number: Int32 { events.number }

    /// Watches the entries of a directory; nil if that fails.
    package func add(directory path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_entries(number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Watches the content of a file; nil if that fails.
    package func add(file path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_file(number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Takes the next event; nil if there is none now.
    package mutating func next() -> Event? {
        while let event = events.next() {
            let watch = event.watch
            if event.isLoss { return .lost }
            if event.has(Int(IN_IGNORED)) { return .ended(watch) }
            if event.has(Int(IN_MODIFY)) { return .changed(watch) }
            guard event.has(Int(IN_ISDIR)) else { continue }
            let isNew = event.has(Int(IN_CREATE)) || event.has(Int(IN_MOVED_TO))
            let name = events.name(of: event)
            return isNew ? .created(name, in: watch) : .removed(name, from: watch)
        }
        return nil
    }
}
