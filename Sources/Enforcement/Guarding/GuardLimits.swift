internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy

/// The memory limit of a guarded cgroup, which is raised and brought back.
struct GuardLimits: Sendable {
    private let tools: GuardTools
    private let path: CgroupPath
    private let cause: String
    /// The limit in bytes when it was armed.
    let original: UInt64
    /// Memory and swap together (v1), nil where that has no limit.
    private let originalTotal: UInt64?

    /// Reads the limit, and sets the one that the guard asks for; throws if there is none.
    init(_ guarding: OOMGuard, of path: CgroupPath, _ tools: GuardTools) throws(ActuationError) {
        self.tools = tools
        self.path = path
        cause = "guard \(guarding.name)"
        let reader = LimitReader(path, in: tools.set, files: tools.files)
        let present = Self.bytes("memory.max", reader)
        if let wanted = guarding.limit, wanted != present {
            try Self.set([("memory.max", wanted)], path, tools, cause)
        }
        guard let limit = guarding.limit ?? present else {
            throw ActuationError(
                .unavailable,
                "\(path) has no memory limit that could be guarded; set memory.max, or give the "
                    + "guard a limit")
        }
        original = limit
        originalTotal =
            tools.set.legacy(.memory) == nil ? nil : Self.bytes("memory.total", reader)
    }

    private static func bytes(_ name: String, _ reader: LimitReader) -> UInt64? {
        guard let limit = LimitCatalog.limit(named: name),
            case .success(let value)? = reader.read(limit).first?.value
        else { return nil }
        return value.number
    }

    /// What the limit is now; nil if it is unlimited or cannot be read.
    var now: UInt64? {
        Self.bytes("memory.max", LimitReader(path, in: tools.set, files: tools.files))
    }

    /// Sets the limit; on v1 that of memory and swap stays as far above it as it was.
    func set(_ bytes: UInt64) -> OOMGuardOutcome {
        let total = originalTotal.map { $0 - min(original, $0) + bytes }
        do throws(ActuationError) {
            try Self.set(
                [("memory.max", bytes)] + (total.map { [("memory.total", $0)] } ?? []), path,
                tools, cause)
            return .done
        } catch {
            // Usage that stands in the way may fall.
            return [.busy, .refused].contains(error.code) ? .busy("\(error)") : .failed("\(error)")
        }
    }

    /// Has an OOM kill take all of it (v2).
    func killAsOne() throws(ActuationError) {
        try Self.set([("memory.oom.group", 1)], path, tools, cause)
    }

    private static func set(
        _ values: [(name: String, bytes: UInt64)], _ path: CgroupPath, _ tools: GuardTools,
        _ cause: String
    ) throws(ActuationError) {
        let requests = values.compactMap { value in
            LimitCatalog.limit(named: value.name).map {
                LimitRequest(limit: $0, value: .number(value.bytes))
            }
        }
        let plan = try LimitPlanner(
            set: tools.set, files: tools.files, protected: tools.protected
        ).plan(requests, on: path)
        // What is refused now is tried again later, not waited for.
        let results = LimitTransaction(
            plan, journal: tools.journal, files: tools.files, cause: cause, pause: { _ in }
        ).apply()
        for result in results {
            switch result.outcome {
            case .failed(let error), .notRolledBack(let error): throw error
            case .ineffective:
                throw ActuationError(.failed, "\(result.write.name) of \(path) has no effect")
            default: continue
            }
        }
    }
}
