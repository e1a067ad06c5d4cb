#if Exporter
import CgroupModel
import KernelIO
import NIOCore
import Synchronization

/// Answers queries about the past.
///
/// It reads files on a thread of its own, one request after another: the threads that serve and
/// tick are few, and a client can make a read long.
actor HistoryFeed {
    private static let thread = ThreadExecutor(name: "history search")
    private let executor = HistoryFeed.thread

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Opens the history as it is now; nil if there is none.
    private let open: @Sendable () throws -> (any PastReader)?
    private let version: String
    /// The maximum number of waiting requests, each of which delays the ones behind it.
    private let most: Int
    private nonisolated let waiting = Mutex(0)
    /// The maximum time to read a period, because other requests wait meanwhile.
    private let longest: Duration

    init(
        version: String, most: Int, longest: Duration = .seconds(3),
        open: @escaping @Sendable () throws -> (any PastReader)?
    ) {
        self.version = version
        self.most = most
        self.longest = longest
        self.open = open
    }

    /// Admits a request, until ``leave()``; false if too many wait.
    nonisolated func enter() -> Bool {
        waiting.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    /// Ends an admitted request.
    nonisolated func leave() { waiting.withLock { $0 -= 1 } }

    /// The reason for an answer without a sample.
    enum Absence: Error {
        case noHistory
        case noSample
    }

    /// Returns the times of the first and the last sample; an empty object without a history.
    func span() throws -> ByteBuffer {
        try Task.checkCancellation()
        var json = JSONWriter()
        let span = try open()?.span
        json.object { json in
            guard let span else { return }
            for (key, time) in [("first", span.lowerBound), ("last", span.upperBound)] {
                json.key(key)
                json.literal(RangeAnswer.seconds(time))
            }
        }
        return ByteBuffer(bytes: json.take())
    }

    /// Returns the newest sample at or before a time, or the first one after it.
    ///
    /// Encodes it with `encode`; if that is nil, in the form of the current sample.
    func snapshot(
        _ time: UInt64, isAfter: Bool = false, as encode: (@Sendable (Snapshot) -> [UInt8])? = nil
    ) throws -> ByteBuffer {
        try Task.checkCancellation()
        guard var reader = try open() else { throw Absence.noHistory }
        var found: Snapshot?
        if isAfter {
            try reader.samples((time + 1)...UInt64.max, step: nil, only: nil) { snapshot in
                found = snapshot
                return false
            }
        } else {
            found = try reader.snapshot(at: time)
        }
        guard let snapshot = found else { throw Absence.noSample }
        if let encode { return ByteBuffer(bytes: encode(snapshot)) }
        var encoder = SnapshotEncoder(version: version) { CgroupIdentity($0.path) }
        return ByteBuffer(bytes: encoder.encode(snapshot))
    }

    /// Returns the values of a period.
    ///
    /// Throws a ``RangeQuery/Mistake`` if there are too many, or if reading them takes too long.
    func range(_ query: RangeQuery) throws -> ByteBuffer {
        try Task.checkCancellation()
        guard var reader = try open() else { throw Absence.noHistory }
        var answer = RangeAnswer(query)
        let begin = query.range.lowerBound
        let end = ContinuousClock.now + longest
        // The rates of the first point need the period before it.
        let lead = begin > query.step ? begin - query.step : 0
        let metrics = Set(query.fields.map(\.metric.id))
        try reader.samples(
            lead...query.range.upperBound, step: query.step, only: metrics
        ) { snapshot in
            // The client may have disconnected.
            try Task.checkCancellation()
            guard ContinuousClock.now < end else { throw RangeQuery.tooLong(longest) }
            if snapshot.wallTime >= begin { try answer.add(snapshot) }
            return true
        }
        return ByteBuffer(bytes: answer.json)
    }
}
#endif
