package import Actuation
package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The plan of `set`, with the results once it has run.
package struct LimitReport {
    /// The cgroup.
    package let path: CgroupPath
    /// The planned writes.
    package let plan: LimitPlan
    let routes: LimitRoutes
    /// The results of the writes; nil for a dry run.
    package var results: [LimitResult]?
    /// Notes on values that the daemon manages.
    var claims: [String] = []
    /// The time after which the change is undone automatically.
    package var expiry = Expiry.none
    /// The number of an expiring change, by which people confirm it; nil before it is made.
    package var changeNumber: UInt64?
    /// The indices of unchanged values that would get this change's expiry; for a dry run.
    package var renewable: Set<Int> = []

    /// Creates a report; a report without results is of a dry run.
    package init(
        path: CgroupPath, plan: LimitPlan, routes: LimitRoutes, results: [LimitResult]? = nil,
        claims: [String] = []
    ) {
        self.path = path
        self.plan = plan
        self.routes = routes
        self.results = results
        self.claims = claims
    }

    /// Notes on unusual values, routes and claims.
    package var warnings: [String] { plan.warnings + routes.warnings + claims }

    /// The error of the command; nil if every limit is as requested.
    package var failure: CgwardenError? {
        for result in results ?? [] {
            if case .failed(let error) = result.outcome {
                let undone = (results ?? []).contains { !$0.outcome.leavesNothing }
                let rest =
                    undone
                    ? "some values could not be rolled back: `cgwarden journal` lists the values"
                    : "nothing was changed"
                let name = result.write.name
                let what = error.message.hasPrefix(name) ? "" : "\(name): "
                return CgwardenError("\(what)\(error.message) (\(rest))", ExitStatus(error.code))
            }
        }
        let idle = (results ?? []).first { !$0.isSuccess }
        return idle.map {
            CgwardenError(
                "\($0.write.name): the kernel accepted \($0.write.command) but reports "
                    + "\"\($0.readBack ?? "")\"; `cgwarden restore \(path.shellWord)` undoes it",
                .unavailable)
        }
    }

    /// The plan or the results as text; empty without writes.
    package var text: String {
        if plan.writes.isEmpty { return "" }
        guard let results else {
            let table =
                plan.writes.allSatisfy(\.isDone)
                ? "nothing to write:\n\(LeftTable(rows).text)"
                : "would write, in this order:\n\(LeftTable([heads] + plannedRows).text)"
            return table + plannedExpiry
        }
        let table = LeftTable(rows).text
        if let expiry = expiryText(results) { return table + expiry }
        let changed = results.contains { $0.outcome.isUndoable }
        return changed ? "\(table)undo: cgwarden restore \(path.shellWord)\n" : table
    }

    private var heads: [String] {
        ["LIMIT", "ORDER", "CHANGE", "FILE"] + (isRouted ? ["VIA"] : [])
    }

    /// The cells of a table row for each planned write, with the whole path of its file.
    var plannedRows: [[String]] {
        zip(plan.writes, rows).map { write, row in
            let file = write.directory.place(of: write.cell)
            return [row[0], row[1], row[4], file] + row.dropFirst(5)
        }
    }

    /// The cells of a table row for each write.
    var rows: [[String]] { plan.writes.indices.map { row($0) } }

    private func row(_ index: Int) -> [String] {
        let write = plan.writes[index]
        let name = [write.name, write.instance].compactMap { $0 }.joined(separator: " ")
        let result = results?[index]
        let word = result?.outcome.word ?? (write.isDone ? "unchanged" : "\(index + 1)")
        let limit = LimitCatalog.limit(named: write.name)
        let (before, after) = periods(of: write)
        func text(_ raw: String, _ period: UInt64?) -> String {
            limit?.text(raw, as: write.coding, period: period) ?? write.coding.shown(raw)
        }
        var change =
            write.isReadable
            ? "\(text(write.rawOld, before)) -> \(text(write.rawNew, after))" : write.rawNew
        if write.isReadable, let readBack = result?.readBack, !write.isNew(readBack) {
            change += " (now \(text(readBack, after)))"
        }
        if let effective = result?.effective, !write.isNew(effective) {
            change += " (effective \(text(effective, after)))"
        }
        return [name, word, write.directory.hierarchy.label, "\(write.cell)", change]
            + way(index)
    }

    /// The period of a v1 quota before and after the plan, in microseconds; nil for other values.
    private func periods(of write: PlannedWrite) -> (before: UInt64?, after: UInt64?) {
        guard write.coding == .quota else { return (nil, nil) }
        let change = plan.writes.first { $0.cell.file == "cpu.cfs_period_us" }
        let present = change == nil ? write.directory.quotaPeriod : nil
        return (
            change.flatMap { UInt64($0.rawOld) } ?? present,
            change.flatMap { UInt64($0.rawNew) } ?? present
        )
    }

    /// The route of a write to the kernel, as an extra cell if any write goes through systemd.
    private func way(_ index: Int) -> [String] {
        guard isRouted else { return [] }
        guard let route = routes[index] else { return ["file"] }
        return ["through systemd: \(route.unit) \(route.properties.joined(separator: ", "))"]
    }

    private var isRouted: Bool { plan.writes.indices.contains { routes[$0] != nil } }

    /// The plan or the results as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("path", path.text)
            json.member("dry_run", results == nil)
            json.array("warnings") { json in for warning in warnings { json.value(warning) } }
            writes(to: &json)
            expiry.write(expires(results ?? []) ? changeNumber : nil, to: &json)
        }
        json.newline()
        return json.take()
    }

    /// Writes the key `writes` with an object for each write.
    func writes(to json: inout JSONWriter) {
        json.array("writes") { json in
            for index in plan.writes.indices {
                json.object { json in write(index, to: &json) }
            }
        }
    }

    private func write(_ index: Int, to json: inout JSONWriter) {
        let write = plan.writes[index]
        func field(_ name: String, _ text: String?) {
            guard let text else { return }
            json.member(name, text)
        }
        field("name", write.name)
        field("instance", write.instance)
        field("hierarchy", write.directory.hierarchy.label)
        field("file", write.cell.file)
        field("old", write.rawOld)
        field("new", write.command)
        field("through", routes[index] == nil ? "file" : "systemd")
        if let route = routes[index] {
            field("unit", "\(route.unit)")
            json.array("properties") { json in for name in route.properties { json.value(name) } }
        }
        guard let result = results?[index] else { return }
        field("result", result.outcome.word)
        field("read_back", result.readBack)
        field("effective", result.effective)
        field("error", result.outcome.error?.message)
    }
}

extension LimitResult.Outcome {
    /// The outcome in one word, for text and JSON.
    var word: String {
        switch self {
        case .applied: "applied"
        case .unchanged: "unchanged"
        case .rounded: "rounded"
        case .clamped: "clamped"
        case .ineffective: "ineffective"
        case .unverified: "unverified"
        case .failed: "failed"
        case .rolledBack: "rolled back"
        case .notRolledBack: "not rolled back"
        case .skipped: "skipped"
        }
    }

    var error: ActuationError? {
        switch self {
        case .failed(let error), .notRolledBack(let error): error
        default: nil
        }
    }

    /// Whether the outcome leaves a change in force.
    var isUndoable: Bool {
        switch self {
        case .applied, .rounded, .clamped, .ineffective, .notRolledBack: true
        default: false
        }
    }

    /// Whether the outcome in a failed transaction leaves the old value in force.
    var leavesNothing: Bool {
        switch self {
        case .failed, .rolledBack, .skipped, .unchanged: true
        default: false
        }
    }
}

extension CgroupDirectory {
    /// The path of an interface file, with the line and the key of the cell.
    fileprivate func place(of cell: ControlCell) -> String {
        let inner = path.isRoot ? [] : path.bytes
        return PrintableText.text(hierarchy.directory + inner) + "/\(cell)"
    }
}

extension LimitCatalog {
    /// All limits with an example value and their meaning, one per line.
    package static var overview: String {
        LeftTable(
            all.map { limit in
                let more = limit.refusal.map { " Refused: \($0)." } ?? " \(limit.note)"
                return [limit.name, limit.grammar.example, limit.help + (more == " " ? "" : more)]
            }
        ).text
    }
}
