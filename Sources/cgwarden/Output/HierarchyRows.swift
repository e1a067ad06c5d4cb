import Actuation
import CgroupModel

/// Rows of a table that say the same of several hierarchies become one, which names them all.
struct HierarchyRows {
    private var rows: [(cells: [String], rest: [String], hierarchies: [String])] = []
    private var places: [[String]: Int] = [:]

    /// Adds a row; `rest` are cells that need not be equal.
    mutating func add(_ cells: [String], rest: [String] = [], hierarchy: String) {
        if let index = places[cells] {
            rows[index].hierarchies.append(hierarchy)
        } else {
            places[cells] = rows.count
            rows.append((cells, rest, [hierarchy]))
        }
    }

    /// The cells, with the hierarchies behind the first one.
    var cells: [[String]] {
        rows.map { row in
            [row.cells[0], row.hierarchies.joined(separator: ",")] + row.cells[1...] + row.rest
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
        case .value: ControlCell.readable(value)
        case .cgroup: value.isEmpty ? "absent" : "made"
        // The inode in front tells it from a later cgroup of that name.
        case .process: Self.place(value)?.description ?? value
        }
    }
}
