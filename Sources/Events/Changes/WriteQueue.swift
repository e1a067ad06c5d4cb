internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Reads the kernel's reports of writes and keeps those to limit files until they are taken.
struct WriteQueue: ~Copyable, Sendable {
    private var watch: WriteWatch
    private let places: WrittenPlaces
    private let set: HierarchySet
    private let processes: ProcessReader
    private var buffer = ReadBuffer(capacity: 4096)
    private var waiting: [LimitWrite] = []
    /// Whether writes are missing from `waiting`.
    private var isIncomplete = false
    /// Whether the reader was notified of ``hasNews``; each notification is a system call.
    var isAnnounced = false
    /// The maximum number of writes that wait to be taken.
    private static let mostWaiting = 8192

    /// Watches all hierarchies.
    init(_ set: HierarchySet) throws(IOError) {
        let watch = try WriteWatch()
        places = try WrittenPlaces(set, watch)
        self.watch = watch
        self.set = set
        processes = ProcessReader(set.system)
    }

    /// The descriptor for poll(2): readable while there are unread reports.
    var pollDescriptor: Int32 { watch.number }

    /// Whether ``take()`` would return anything.
    var hasNews: Bool { !waiting.isEmpty || isIncomplete }

    /// Reads at most `most` reports; returns whether none is left.
    mutating func read(_ most: Int) -> Bool {
        var writers: [Int32: Writer] = [:]
        for _ in 0..<most {
            guard let report = watch.next() else { return true }
            switch consume report {
            case .lost: isIncomplete = true
            case .write(let file, let process):
                guard let (path, name) = places.limitFile(file) else { continue }
                let writer = writers[process] ?? Writer(process, processes, set)
                writers[process] = writer
                let code = buffer.fill(from: file.number)
                guard code == 0, waiting.count < Self.mostWaiting else {
                    // The limits of a removed cgroup do not matter.
                    let isGone = code != 0 && IOError("read", name, code: code).isGone
                    isIncomplete = isIncomplete || !isGone
                    continue
                }
                waiting.append(
                    LimitWrite(
                        path: path, file: name, text: String(decoding: buffer.array, as: UTF8.self),
                        time: .now, writer: writer))
            }
        }
        return false
    }

    /// Reads at most `most` reports, and marks the queue as incomplete if more may be left.
    mutating func readToTheEnd(_ most: Int) {
        if !read(most) { isIncomplete = true }
    }

    /// Removes and returns the waiting writes, and whether some are missing.
    mutating func take() -> (writes: [LimitWrite], isIncomplete: Bool) {
        defer { (waiting, isIncomplete) = ([], false) }
        return (waiting, isIncomplete)
    }
}
