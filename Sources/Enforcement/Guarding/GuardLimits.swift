internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy
internal import PolicyLanguage

/// The memory limit of a guarded cgroup, which the guard raises and lowers again.
struct GuardLimits: Sendable {
    private let context: ActingContext
    private let path: CgroupPath
    private let cause: String
    /// The guarded limit in bytes, before the guard raises it.
    let original: UInt64
    /// The limit of memory and swap together (v1); nil if there is none.
    private let originalTotal: UInt64?
    private let changes: [Change]

    /// A value that the guard requests, with the value found before.
    private struct Change: Sendable {
        let name: String
        let wanted: UInt64
        let found: LimitValue
    }

    /// Reads the current values; throws if the cgroup has no memory limit.
    ///
    /// The journal has the originals if a guard that was killed has changed them.
    init(_ guarding: OOMGuard, at place: GuardPlace, _ tools: GuardTools) throws(ActuationError) {
        context = tools.context
        path = place.path
        cause = "guard \(guarding.name)"
        let reader = LimitReader(path, in: tools.context.set, files: tools.context.files)
        func found(_ name: String) -> LimitValue? {
            LimitCatalog.limit(named: name).flatMap {
                tools.context.journal?.original(of: $0, in: place.memory)
            } ?? Self.value(name, reader)
        }
        guard let limit = guarding.limit ?? found("memory.max")?.number else {
            throw ActuationError(
                .unavailable,
                "\(path) has no memory limit to guard; set memory.max, or give the "
                    + "guard a limit")
        }
        original = limit
        let isUnified = tools.context.set.legacy(.memory) == nil
        originalTotal = isUnified ? nil : found("memory.memsw.max")?.number
        let requested = [
            ("memory.max", guarding.limit),
            ("memory.oom.group", guarding.killsAsOne && isUnified ? 1 : nil),
        ]
        changes = requested.compactMap { name, wanted in
            guard let wanted, let value = found(name) else { return nil }
            return Change(name: name, wanted: wanted, found: value)
        }
    }

    /// Returns the current value; nil if the catalog has no such limit.
    ///
    /// Throws if the value cannot be read.
    private func value(_ name: String) throws(ActuationError) -> LimitValue? {
        guard let limit = LimitCatalog.limit(named: name) else { return nil }
        return try reader.read(limit).first?.value.get()
    }

    private static func value(_ name: String, _ reader: LimitReader) -> LimitValue? {
        guard let limit = LimitCatalog.limit(named: name),
            case .success(let value)? = reader.read(limit).first?.value
        else { return nil }
        return value
    }

    private var reader: LimitReader { LimitReader(path, in: context.set, files: context.files) }

    /// The current limit; nil if it is unlimited or unreadable.
    var now: UInt64? { Self.value("memory.max", reader)?.number }

    /// Sets the guard's own limit and, on v2, `memory.oom.group`, if the guard requests them.
    func begin() throws(ActuationError) {
        for change in changes where change.found != .number(change.wanted) {
            try set([(change.name, .number(change.wanted))])
        }
    }

    /// Restores each value to that of the other layers, or else to the original, unless another
    /// program changed it.
    func putBack(otherLayers: [LimitKey: LimitValue]) throws(ActuationError) {
        var failure: ActuationError?
        for change in changes {
            do throws(ActuationError) {
                guard let now = try value(change.name)?.number,
                    PageRounding.isSame(now, written: change.wanted)
                else { continue }
                try set([(change.name, otherLayers[LimitKey(change.name)] ?? change.found)])
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Returns the guard's values while the limit is `bytes`: the requested and the raised ones.
    func settings(at bytes: UInt64) -> [LimitKey: LimitValue] {
        var result: [LimitKey: LimitValue] = [:]
        for change in changes { result[LimitKey(change.name)] = .number(change.wanted) }
        guard bytes != original else { return result }
        for (name, value) in values(for: bytes) { result[LimitKey(name)] = value }
        return result
    }

    /// Returns the values for a limit; on v1 the limit of memory and swap moves with it.
    private func values(for bytes: UInt64) -> [(name: String, value: LimitValue)] {
        let total = originalTotal.map { $0 - min(original, $0) + bytes }
        return [("memory.max", .number(bytes))]
            + (total.map { [("memory.memsw.max", .number($0))] } ?? [])
    }

    /// Sets the limit.
    func set(_ bytes: UInt64) -> OOMGuardOutcome {
        do throws(ActuationError) {
            try set(values(for: bytes))
            return .done
        } catch {
            // The usage may fall later.
            return [.busy, .refused].contains(error.code) ? .busy("\(error)") : .failed("\(error)")
        }
    }

    private func set(_ values: [(name: String, value: LimitValue)]) throws(ActuationError) {
        let requests = values.compactMap { value in
            LimitCatalog.limit(named: value.name).map {
                LimitRequest(limit: $0, value: value.value)
            }
        }
        let plan = try LimitPlanner(context).plan(requests, on: path)
        // A busy write is retried later instead of waiting here.
        let results = LimitTransaction(
            plan, in: context, cause: cause, pause: { _ in }
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
