package import Actuation
internal import CgroupModel
package import Hierarchy
internal import KernelIO

/// The open entries of the journal as a table or JSON, with the kernel's current values.
package struct JournalListing {
    private let entries: [(entry: JournalEntry, present: JournalEntry.Present)]
    private let set: HierarchySet?

    /// Reads the current value of each entry; without hierarchies, all are reported as not mounted.
    package init(entries: [JournalEntry], set: HierarchySet?) {
        self.set = set
        self.entries = entries.map { entry in
            (entry, set.map { entry.present(in: $0) } ?? .hidden)
        }
    }

    /// The entries as a table, with a column for expiries if any change expires.
    ///
    /// If the rows are wider than `width`, leaves out the hierarchies, then the present values if
    /// all are as they were set. Cuts the commands to the remaining width.
    package func text(width: Int? = nil) -> String {
        if entries.isEmpty { return "nothing to undo\n" }
        let hasExpiries = entries.contains { $0.entry.expiry != nil }
        var rows = HierarchyRows(of: set)
        for (entry, present) in entries {
            let period = set.flatMap { entry.quotaPeriod(in: $0) }
            func shown(_ value: String) -> String { entry.shown(value, period: period) }
            rows.add(
                [
                    entry.path.description, entry.what, shown(entry.original),
                    entry.readBack.map(shown) ?? "\(shown(entry.wanted)) (unfinished)",
                    now(entry, present, period), entry.cause,
                ],
                rest: [age(entry), entry.change > 0 ? "\(entry.change)" : "-"]
                    + (hasExpiries ? [entry.expiry.map(\.text) ?? "-"] : []),
                hierarchy: entry.hierarchy)
        }
        let head =
            ["CGROUP", "HIERARCHY", "WHAT", "WAS", "SET", "NOW", "BY", "AGE", "CHANGE"]
            + (hasExpiries ? ["EXPIRES"] : [])
        var table = FittedTable([head] + rows.cells)
        if let width {
            table.drop("HIERARCHY", unlessWithin: width)
            if rows.cells.allSatisfy({ $0[4] == $0[5] }) { table.drop("NOW", unlessWithin: width) }
            table.cut("BY", within: width)
        }
        return table.text
    }

    private func now(
        _ entry: JournalEntry, _ present: JournalEntry.Present, _ period: UInt64? = nil
    ) -> String {
        switch present {
        case .value(let value): entry.shown(value, period: period)
        case .gone: "gone"
        case .hidden: "not mounted here"
        case .unreadable(let error): error.isPermission ? "not permitted" : "unreadable"
        }
    }

    private func age(_ entry: JournalEntry) -> String {
        let now = MonotonicClock.wallMicroseconds
        let seconds = now > entry.wallTime ? (now - entry.wallTime) / 1_000_000 : 0
        return seconds < 120
            ? "\(seconds)s" : seconds < 7200 ? "\(seconds / 60)m" : "\(seconds / 3600)h"
    }

    /// The entries as JSON, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for (entry, present) in entries {
                json.object { json in write(entry, present, to: &json) }
            }
        }
        json.newline()
        return json.take()
    }

    private func write(
        _ entry: JournalEntry, _ present: JournalEntry.Present, to json: inout JSONWriter
    ) {
        for (name, text) in [
            ("path", entry.path.text), ("hierarchy", entry.hierarchy),
            ("file", entry.cell.file), ("line", entry.cell.line ?? ""),
            ("field", entry.cell.field ?? ""), ("original", entry.original),
            ("wanted", entry.wanted), ("cause", entry.cause), ("owner", entry.owner),
        ] {
            json.member(name, text)
        }
        json.member("inode", entry.inode)
        if entry.change > 0 { json.member("change", entry.change) }
        json.member("time", Double(entry.wallTime) / 1e6)
        if let readBack = entry.readBack {
            json.member("read_back", readBack)
        }
        entry.expiry?.write(to: &json)
        // A missing value has another key, so it cannot be mistaken for a text.
        if case .value(let value) = present {
            json.member("now", value)
        } else {
            json.member("now_missing", now(entry, present))
        }
    }
}

extension EntryExpiry {
    /// Writes the key `expiry` with an object.
    func write(to json: inout JSONWriter) {
        json.object("expiry") { json in
            json.member("change", change)
            json.member("seconds_left", Double(timeLeft().milliseconds) / 1000)
            json.member("unless_confirmed", awaitsConfirmation)
            json.member("helper", Int64(helper.pid))
            json.member("helper_runs", helper.isRunning)
            if let obstacle {
                json.member("obstacle", obstacle)
            }
        }
    }
}
