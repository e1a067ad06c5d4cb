import CgroupModel
import Exporter

/// A source that tests steer.
actor StubSource: MetricsSource {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var result: Result<Snapshot?, Failure>
    private var isHeld = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var running = 0
    /// How many collections were asked for.
    private(set) var calls = 0
    /// How many of them ran at the same time.
    private(set) var mostAtOnce = 0

    init(_ snapshot: Snapshot?) { result = .success(snapshot) }

    func set(_ snapshot: Snapshot?) { result = .success(snapshot) }

    func fail(_ reason: String) { result = .failure(Failure(description: reason)) }

    /// Keeps collections from ending.
    func hold() { isHeld = true }

    /// Lets them end.
    func release() {
        isHeld = false
        for continuation in held { continuation.resume() }
        held = []
    }

    func snapshot() async throws -> Snapshot? {
        calls += 1
        running += 1
        mostAtOnce = max(mostAtOnce, running)
        if isHeld { await withCheckedContinuation { held.append($0) } }
        running -= 1
        return try result.get()
    }
}
