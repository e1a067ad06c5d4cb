package import Actuation
internal import CgroupModel
package import Hierarchy
internal import KernelIO

/// The open entries of the journal as a table or JSON, with the kernel's current values.
package struct JournalListing {
    private let entries: [(entry: JournalEntry, present: JournalEntry.Present)]

    /// Reads the current value of each entry; without hierarchies, all are reported as not mounted.
    package init(entries: [JournalEntry], set: HierarchySet?) {
        self.entries = entries.map { entry in
            (entry, set.map { entry.present(in: $0) } ?? .hidden)
        }
    }

    /// The entries as a table, with a column for expiries if any change expires.
    package var text: String {
        if entries.isEmpty { return "nothing to undo\n" }
        let hasExpiries = entries.contains { $0.entry.expiry != nil }
        var rows = HierarchyRows()
        for (entry, present) in entries {
            let set =
                entry.readBack.map(entry.shown) ?? "\(entry.shown(entry.wanted)) (unfinished)"
            rows.add(
                [
                    entry.path.description, entry.what, entry.shown(entry.original), set,
                    now(entry, present), entry.cause,
                ],
                rest: [age(entry), entry.change > 0 ? "\(entry.change)" : "-"]
                    + (hasExpiries ? [entry.expiry.map(\.text) ?? "-"] : []),
                hierarchy: entry.hierarchy)
        }
        let head =
            ["CGROUP", "HIERARCHY", "WHAT", "WAS", "SET", "NOW", "BY", "AGE", "CHANGE"]
            + (hasExpiries ? ["UNDONE"] : [])
        return LeftTable([head] + rows.cells).text
    }

    private func now(_ entry: JournalEntry, _ present: JournalEntry.Present) -> String {
        switch present {
        case .value(let value): entry.shown(value)
        case .gone: "gone"
        case .hidden: "not mounted here"
        case .unreadable(let error): error.isPermission ? "not permitted" : "unreadable"
        }
    }

    private func age(_ entry: JournalEntry) -> String {
        let now = MonotonicClock.wallMicroseconds
        let seconds = now > entry.wallTime ? (now - entry.wallTime) / 1_000_000 : 0
        return seconds < 120
            ? "\(seconds)s" : seconds < 7200 ? "\(seconds / 60)min" : "\(seconds / 3600)h"
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
            json.key(name)
            json.value(text)
        }
        json.key("inode")
        json.value(entry.inode)
        if entry.change > 0 {
            json.key("change")
            json.value(entry.change)
        }
        json.key("time")
        json.value(Double(entry.wallTime) / 1e6)
        if let readBack = entry.readBack {
            json.key("read_back")
            json.value(readBack)
        }
        entry.expiry?.write(to: &json)
        // A missing value has another key, so it cannot be mistaken for a text.
        if case .value(let value) = present {
            json.key("now")
            json.value(value)
        } else {
            json.key("now_missing")
            json.value(now(entry, present))
        }
    }
}

extension EntryExpiry {
    /// Writes the key `expiry` with an object.
    func write(to json: inout JSONWriter) {
        json.key("expiry")
        json.object { json in
            json.key("change")
            json.value(change)
            json.key("seconds_left")
            json.value(Double(timeLeft().milliseconds) / 1000)
            json.key("unless_confirmed")
            json.value(awaitsConfirmation)
            json.key("helper")
            json.value(Int64(helper.pid))
            json.key("helper_runs")
            json.value(helper.isRunning)
            if let obstacle {
                json.key("obstacle")
                json.value(obstacle)
            }
        }
    }
}
