import Actuation
import CgroupModel
import KernelIO

/// The journal's open entries as a table or as JSON.
struct JournalListing {
    let entries: [JournalEntry]

    var text: String {
        if entries.isEmpty { return "nothing to undo\n" }
        var rows = HierarchyRows()
        for entry in entries {
            let now =
                entry.readBack.map(entry.shown) ?? "\(entry.shown(entry.wanted)) (unfinished)"
            rows.add(
                [
                    entry.path.description, entry.what, entry.shown(entry.original), now,
                    entry.cause,
                ],
                rest: [age(entry)], hierarchy: entry.hierarchy)
        }
        return LeftTable([["CGROUP", "HIERARCHY", "WHAT", "WAS", "IS", "BY", "AGE"]] + rows.cells)
            .text
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
        json.key("time")
        json.value(Double(entry.wallTime) / 1e6)
        if let readBack = entry.readBack {
            json.key("read_back")
            json.value(readBack)
        }
    }
}
