import Actuation
import CgroupModel
import KernelIO

/// The journal's open entries as a table or as JSON.
struct JournalListing {
    let entries: [JournalEntry]

    var text: String {
        if entries.isEmpty { return "nothing to undo\n" }
        let header = ["CGROUP", "HIERARCHY", "WHAT", "WAS", "IS", "AGE", "BY"]
        let rows = entries.map { entry in
            [
                entry.path.description, entry.hierarchy, entry.what, entry.shown(entry.original),
                entry.readBack.map(entry.shown) ?? "\(entry.shown(entry.wanted)) (unfinished)",
                age(entry),
                entry.cause,
            ]
        }
        return LeftTable([header] + rows).text
    }

    private func age(_ entry: JournalEntry) -> String {
        let now = MonotonicClock.wallMicroseconds
        let seconds = now > entry.wallTime ? (now - entry.wallTime) / 1_000_000 : 0
        return seconds < 120
            ? "\(seconds)s" : seconds < 7200 ? "\(seconds / 60)min" : "\(seconds / 3600)h"
    }

    var json: [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for entry in entries {
                json.object { json in write(entry, to: &json) }
            }
        }
        json.newline()
        return json.take()
    }

    private func write(_ entry: JournalEntry, to json: inout JSONWriter) {
        for (name, text) in [
            ("path", entry.path.description), ("hierarchy", entry.hierarchy),
            ("file", entry.cell.file), ("line", entry.cell.line ?? ""),
            ("field", entry.cell.field ?? ""), ("original", entry.original),
            ("wanted", entry.wanted), ("cause", entry.cause),
        ] {
            json.key(name)
            json.value(text)
        }
        json.key("inode")
        json.value(entry.inode)
        json.key("time")
        json.value(Double(entry.wallTime) / 1e6)
        if let readBack = entry.readBack {
            json.key("read_back")
            json.value(readBack)
        }
    }
}

extension JournalEntry {
    /// What it is about, for a person: a file, the cgroup itself, a process.
    var what: String {
        switch subject {
        case .value: "\(cell)"
        case .cgroup: "cgroup"
        case .process(let pid, _): "process \(pid)"
        }
    }

    /// A value of it for a person.
    func shown(_ value: String) -> String {
        switch subject {
        case .value: value.isEmpty ? "(empty)" : value
        case .cgroup: value.isEmpty ? "absent" : "made"
        // The inode in front tells it from a later cgroup of that name.
        case .process:
            value.firstIndex(of: " ").map { String(value[value.index(after: $0)...]) } ?? value
        }
    }
}
