package import CgroupModel
import Hierarchy
import KernelIO

/// Turns requests into ordered writes, and checks whether they can succeed.
package struct LimitPlanner: Sendable {
    private let context: ActingContext
    private let host: HostFacts?

    /// Plans writes; with `host`, a limit above the host's resources adds a warning.
    package init(_ context: ActingContext, host: HostFacts? = nil) {
        self.context = context
        self.host = host
    }

    /// Plans the writes for one cgroup without writing anything.
    ///
    /// A memory limit below usage is refused. With `force` it is allowed, which may kill on v2.
    /// With `shrink` it is lowered in steps.
    package func plan(
        _ requests: [LimitRequest], on path: CgroupPath, force: Bool = false, shrink: Bool = false
    ) throws(ActuationError) -> LimitPlan {
        guard !path.isRoot else {
            throw ActuationError(
                .refused, "/ is the whole host and has no limits; name a cgroup below it")
        }
        var seen: Set<String> = []
        for request in requests {
            let name = [request.limit.name, request.instance].compactMap { $0 }
                .joined(separator: " ")
            guard seen.insert(name).inserted || request.limit.controller == .devices else {
                throw ActuationError(.usage, "\(name) is given twice; set it once")
            }
        }
        var draft = PlanDraft(
            files: CgroupFiles(path: path, set: context.set, files: context.files),
            requests: requests, force: force, shrink: shrink)
        draft.warnings += requests.compactMap(\.note)
        if let host { draft.warnings += requests.compactMap { $0.excess(on: host) } }
        try draft.planMemory()
        try draft.planCPU()
        try draft.planCpuset()
        let special = draft.planned
        for request in requests where !special.contains(request.limit.name) {
            try draft.planPlain(request)
        }
        let plan = try draft.finished(context.protected)
        try plan.checkProtection()
        return plan
    }
}

/// A plan under construction.
struct PlanDraft {
    let files: CgroupFiles
    let requests: [LimitRequest]
    let force: Bool
    let shrink: Bool
    var writes: [PlannedWrite] = []
    var warnings: [String] = []
    var planned: Set<String> = []

    /// The request for a limit with one value per cgroup.
    func request(_ name: String) -> LimitRequest? { requests.first { $0.limit.name == name } }

    /// Plans a limit that does not depend on others.
    mutating func planPlain(
        _ request: LimitRequest, direction: WriteDirection? = nil
    ) throws(ActuationError) {
        let found = try files.locate(request.limit, instance: request.instance)
        if let warning = found.warning { warnings.append(warning) }
        guard let new = found.file.coding.stored(for: request.value),
            var write = PlannedWrite(
                name: request.limit.name, instance: found.instance, directory: found.directory,
                cell: found.cell, coding: found.file.coding, rawOld: found.old, new: new,
                direction: direction
                    ?? WriteDirection(from: found.file.coding.decode(found.old), to: request.value),
                nesting: request.limit.nesting)
        else {
            throw ActuationError(
                .usage, "\(request.limit.name) cannot be unlimited on this kernel's \(found.cell)")
        }
        write.requestedInstance = request.instance
        if request.limit.grammar == .bytes { write.granularity = MemoryPage.size }
        if request.limit.dimension == .pageSize, let size = PageSize(request.instance ?? "") {
            write.granularity = size.bytes
            if let number = request.value.number, number > 0, number < size.bytes {
                throw ActuationError(
                    .usage,
                    "\(request.limit.name)=\(number) is less than one page of "
                        + "\(request.instance ?? ""); write 0 for none")
            }
        }
        try warn(about: request, found)
        writes.append(write)
        planned.insert(request.limit.name)
    }

    private mutating func warn(
        about request: LimitRequest, _ found: FoundCell
    ) throws(ActuationError) {
        if found.cell.file == "memory.high", let new = request.value.number,
            let usage = UInt64(found.directory.textIfAny("memory.current", files.files) ?? ""),
            usage > new
        {
            warnings.append(
                "\(request.limit.name) is below the usage of \(files.path), "
                    + "\(LimitValue.number(usage).roundedByteText): its processes are slowed down until the "
                    + "rest is reclaimed")
        }
        switch request.limit.name {
        case "pids.max":
            guard let new = request.value.number,
                let now = UInt64(found.directory.textIfAny("pids.current", files.files) ?? ""),
                now > new
            else { return }
            warnings.append(
                (now == 1 ? "1 task is" : "\(now) tasks are")
                    + " in it now: none is killed, but no new one can start")
        case "devices.allow", "devices.deny", "memory.soft_limit":
            warnings.append("\(request.limit.name): \(request.limit.note)")
        case "io.max.wbps" where !files.isUnified(.io), "io.max.wiops" where !files.isUnified(.io):
            warnings.append("\(request.limit.name): \(request.limit.note)")
        default: break
        }
    }

    /// Returns the plan; throws if two requests write the same value.
    func finished(_ protected: ProtectedSet) throws(ActuationError) -> LimitPlan {
        var seen: [String: String] = [:]
        for write in writes where write.isReadable {
            let place = "\(write.directory.hierarchy.label) \(write.cell)"
            let earlier = seen.updateValue(write.name, forKey: place)
            guard let earlier else { continue }
            throw ActuationError(
                .usage, "\(earlier) and \(write.name) are one value, \(write.cell); set one")
        }
        return LimitPlan(writes, warnings: warnings, protection: protected)
    }
}

/// A huge page size as in file names: `2MB`.
struct PageSize {
    let bytes: UInt64

    init?(_ text: String) {
        let units: [(String, UInt64)] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)]
        guard let unit = units.first(where: { text.hasSuffix($0.0) }),
            let number = UInt64(digits: text.dropLast(2)), number > 0, number < 1 << 20
        else { return nil }
        bytes = number * unit.1
    }
}
