internal import CLinux
internal import Glibc

/// Reports directories in which an entry was created, removed, renamed or written to (inotify(7)).
///
/// It costs nothing while nothing happens. Watches are a limited resource of the user
/// (`fs.inotify.max_user_watches`). If adding one fails, the caller must poll the directory.
package struct DirectoryWatch: ~Copyable {
    private var events: InotifyQueue

    /// Creates the inotify instance; nil if none is left.
    package init?() {
        guard let events = InotifyQueue() else { return nil }
        self.events = events
    }

    /// The descriptor for poll(2): readable while events are pending.
    package var number: Int32 { events.number }

    /// Watches a directory; nil if that fails.
    package func add(_ path: [UInt8]) -> Int32? {
        let watch = unsafe path.withCPath { unsafe cgw_watch_add(number, $0) }
        return watch >= 0 ? watch : nil
    }

    /// Removes a watch.
    package func remove(_ watch: Int32) { _ = cgw_watch_remove(number, watch) }

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
        while let event = events.next() {
            if event.isLoss {
                report.overflowed = true
            } else if event.has(Int(IN_MODIFY)) {
                report.written.insert(event.watch)
            } else {
                report.changed.insert(event.watch)
            }
        }
        return report
    }
}
