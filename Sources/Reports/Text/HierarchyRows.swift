import Actuation
import CgroupModel

/// A table that merges equal rows of several hierarchies into one row that names them all.
struct HierarchyRows {
    private var rows: [(cells: [String], rest: [String], hierarchies: [String])] = []
    private var places: [[String]: Int] = [:]

    /// Adds a row; `rest` holds cells that are not compared.
    mutating func add(_ cells: [String], rest: [String] = [], hierarchy: String) {
        if let index = places[cells] {
            rows[index].hierarchies.append(hierarchy)
        } else {
            places[cells] = rows.count
            rows.append((cells, rest, [hierarchy]))
        }
    }

    /// The cells of all rows, with the hierarchies after the first cell.
    var cells: [[String]] {
        rows.map { row in
            [row.cells[0], row.hierarchies.joined(separator: ",")] + row.cells[1...] + row.rest
        }
    }
}

extension JournalEntry {
    /// The changed object in readable form: a file, the cgroup itself, or a process.
    var what: String {
        switch subject {
        case .value: "\(cell)"
        case .cgroup: "cgroup"
        case .process(let pid, _): "process \(pid)"
        }
    }

    /// The readable form of one of the entry's values.
    func shown(_ value: String) -> String {
        switch subject {
        case .value: readable(value)
        case .cgroup: value.isEmpty ? "absent" : "created"
        // The inode prefix distinguishes the cgroup from a later one of the same name.
        case .process: Self.place(value)?.description ?? value
        }
    }
}
