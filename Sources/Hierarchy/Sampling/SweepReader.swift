internal import CgroupModel
internal import KernelIO

/// Reads the files of some of the cgroups.
///
/// All calls come from one thread, and the hot path makes no allocation per file.
struct SweepReader: ~Copyable {
    private let plan: ReadPlan
    private let hierarchies: [MountedHierarchy]
    private var parsers: [FileParser]
    private let tiers: [Tier]
    private let columns: [FileColumns]
    private let gates: [FileGate?]
    private let isGated: [Bool]
    private let thawed: [ThawedFile?]
    private let canBeThawed: [Bool]
    /// Whether the kernel returns each file in pieces of at most 4096 bytes.
    private let isList: [Bool]
    private let derivations: Derivations
    private var roots: [Int32] = []
    private var table: DescriptorTable
    private var buffer = ReadBuffer()
    private var writer: RowWriter
    private var rows: [ShardRow?] = []
    private var isSettingsDue: [Bool] = []
    private var health = SampleHealth()
    private var accounts: CollectorAccounts
    private var vanished: [(row: Int, hierarchy: Int)] = []

    init(_ plan: ReadPlan, on set: HierarchySet, budget: Int) {
        self.plan = plan
        hierarchies = set.hierarchies
        tiers = plan.files.map(\.tier)
        columns = plan.files.map { FileColumns($0.layout) }
        parsers = zip(plan.files, columns).map { FileParser($0.layout, $1) }
        let gates = plan.files.map { FileGate($0, plan.schema) }
        self.gates = gates
        isGated = gates.map { $0 != nil }
        let thawed = plan.files.map { ThawedFile($0, plan.schema) }
        self.thawed = thawed
        canBeThawed = thawed.map { $0 != nil }
        isList = plan.files.map { $0.layout.format == .lineCount }
        derivations = Derivations(plan.schema, on: set)
        accounts = CollectorAccounts(plan)
        table = DescriptorTable(budget: budget)
        writer = RowWriter(schema: plan.schema)
    }

    /// Closes all files; must be the last call.
    mutating func close() {
        table.closeAll()
        for root in roots where root >= 0 { DescriptorTable.release(root) }
        roots = []
    }

    /// Assigns cgroups to rows; nil clears a row.
    mutating func assign(_ changes: [(row: Int, content: ShardRow?)]) {
        for (row, content) in changes {
            while rows.count <= row {
                rows.append(nil)
                isSettingsDue.append(false)
                writer.appendRow()
            }
            table.grow(to: rows.count * plan.files.count)
            let old = rows[row]
            rows[row] = content
            isSettingsDue[row] = content != nil
            if let old, let content, old.generation == content.generation {
                // The same cgroup appeared in or vanished from a hierarchy.
                for (index, file) in plan.files.enumerated()
                where old.inodes[file.hierarchy] != content.inodes[file.hierarchy]
                    || file.applies(to: old) != file.applies(to: content)
                {
                    table.clear(row * plan.files.count + index)
                    writer.forget(row: row, columns[index])
                }
            } else {
                for index in plan.files.indices { table.clear(row * plan.files.count + index) }
                writer.clear(row: row)
            }
        }
    }

    /// Marks rows whose settings may have changed.
    mutating func settingsChanged(_ changed: [Int]) {
        for row in changed { isSettingsDue[row] = true }
    }

    /// The values of the last pass; all absent before the first.
    var block: RowBlock { writer.block }

    /// Reads everything that is due.
    mutating func sweep(_ due: SweepDue) -> SweepResult {
        if roots.isEmpty { roots = hierarchies.map { _ in -1 } }
        for index in roots.indices where roots[index] < 0 {
            roots[index] = DescriptorTable.openRoot(hierarchies[index].directory)
        }
        health = SampleHealth()
        accounts.begin()
        vanished = []
        let usual = steps(due, withSettings: due.allSettings)
        let complete = steps(due, withSettings: true)
        writer.beginPass()
        for row in rows.indices {
            writer.beginRow(row)
            if rows[row] != nil { read(row, isSettingsDue[row] ? complete : usual, due) }
            writer.endRow()
        }
        health.descriptors = UInt64(table.open)
        health.collectors = accounts.end()
        return SweepResult(block: writer.block, health: health, vanished: vanished)
    }

    /// The action for a file in one pass.
    private enum Step {
        case read(Int)
        case carry(Int)
    }

    private func steps(_ due: SweepDue, withSettings: Bool) -> [Step] {
        parsers.indices.compactMap { index in
            let tier = tiers[index]
            if tier == .settings ? withSettings : due.tiers[tier.rawValue] { return .read(index) }
            return columns[index].hasInstances ? .carry(index) : nil
        }
    }

    private mutating func read(_ row: Int, _ steps: [Step], _ due: SweepDue) {
        let base = row * parsers.count
        let settingsDue = due.allSettings || isSettingsDue[row]
        let gatesHold = due.seesWrites && !settingsDue
        let reprobe = due.reprobe || settingsDue
        var directory = OpenDirectory()
        for step in steps {
            switch step {
            case .carry(let index): writer.carry(columns[index])
            case .read(let index):
                if gatesHold, isGated[index], let gate = gates[index], gate.isClosed(writer) {
                    writer.hold(columns[index])
                    writer.carry(columns[index])
                    continue
                }
                if canBeThawed[index], let file = thawed[index], file.isZero(writer) {
                    setZero(index)
                    continue
                }
                accounts.turn(to: index)
                let descriptor = table[base + index]
                if descriptor >= 0 {
                    consume(index, row, fill(index, from: descriptor))
                } else if descriptor != DescriptorTable.Vacancy.absent || reprobe {
                    readUnkept(index, row, due, &directory)
                }
            }
        }
        directory.close()
        if settingsDue {
            isSettingsDue[row] = false
            derivations.apply(to: &writer)
        }
    }

    /// Sets the value of a file that contains 0.
    private mutating func setZero(_ index: Int) {
        writer.beginFile(columns[index])
        writer.set(columns[index], Reading(0))
        writer.endFile(columns[index])
    }

    /// Opens and reads a file, and keeps it open if it is read often.
    private mutating func readUnkept(
        _ index: Int, _ row: Int, _ due: SweepDue, _ directory: inout OpenDirectory
    ) {
        guard let content = rows[row] else { return }
        let file = plan.files[index]
        let slot = row * plan.files.count + index
        // The columns belong to another file, or have been absent since the row was assigned.
        guard file.applies(to: content) else { return table.leaveVacant(slot) }
        let inode = content.inodes[file.hierarchy]
        if directory.hierarchy != file.hierarchy {
            directory.close()
            directory.hierarchy = file.hierarchy
            directory.descriptor = table.openDirectory(
                content.path, under: roots[file.hierarchy], inode: inode)
        }
        guard directory.descriptor >= 0 else {
            if directory.descriptor == DescriptorTable.Vacancy.absent {
                vanished.append((row, file.hierarchy))
                return fail(index, .gone)
            }
            return fail(index, vacancy: directory.descriptor)
        }
        let keep = due.keeps && file.tier <= .costly
        let descriptor = table.open(slot, file.layout.name, under: directory.descriptor, keep: keep)
        guard descriptor >= 0 else {
            return fail(index, vacancy: table[slot])
        }
        consume(index, row, fill(index, from: descriptor))
        if table[slot] != descriptor {
            if keep { health.unkept += 1 }
            DescriptorTable.release(descriptor)
        }
    }

    private mutating func fill(_ index: Int, from descriptor: Int32) -> Int32 {
        isList[index] ? buffer.fillToEnd(from: descriptor) : buffer.fill(from: descriptor)
    }

    private mutating func consume(_ index: Int, _ row: Int, _ code: Int32) {
        health.filesRead += 1
        guard code != 0 else {
            let skipped = writer.skippedRows
            if !parsers[index].parse(buffer, into: &writer) { note(.malformed, index) }
            if writer.skippedRows > skipped {
                accounts.noteSkipped(index, writer.skippedRows - skipped)
            }
            return
        }
        let reason = IOError.reading(for: code)
        if reason == .gone || reason == .absent {
            // Either the cgroup was removed or only its controller was disabled; check the
            // directory. The next tick opens the file again.
            table.clear(row * plan.files.count + index)
            fail(index, exists(row, in: plan.files[index].hierarchy) ? .absent : .gone)
        } else {
            note(reason, index)
            fail(index, reason)
        }
    }

    /// Counts a file that exists but gives no values.
    private mutating func note(_ reason: Reading, _ index: Int) {
        switch reason {
        case .notPermitted: health.notPermitted += 1
        case .malformed: health.malformed += 1
        default: return
        }
        accounts.noteFailure(index)
    }

    /// Whether a row's directory still exists; records it as vanished if not.
    private mutating func exists(_ row: Int, in hierarchy: Int) -> Bool {
        guard let content = rows[row] else { return false }
        let directory = table.openDirectory(
            content.path, under: roots[hierarchy], inode: content.inodes[hierarchy])
        if directory >= 0 { DescriptorTable.release(directory) }
        guard directory == DescriptorTable.Vacancy.absent else { return true }
        vanished.append((row, hierarchy))
        return false
    }

    private mutating func fail(_ index: Int, vacancy: Int32) {
        switch vacancy {
        case DescriptorTable.Vacancy.absent: fail(index, .absent)
        case DescriptorTable.Vacancy.notPermitted:
            note(.notPermitted, index)
            fail(index, .notPermitted)
        case DescriptorTable.Vacancy.covered: fail(index, .covered)
        default:
            note(.malformed, index)
            fail(index, .malformed)
        }
    }

    private mutating func fail(_ index: Int, _ reason: Reading) {
        writer.beginFile(columns[index])
        writer.fail(columns[index], with: reason)
        writer.endFile(columns[index])
    }

    /// The files that a typical pass reads, for the benchmark against the lower bound.
    mutating func usualFiles() -> [(Tier, [UInt8])] {
        var files: [(Tier, [UInt8])] = []
        for (row, content) in rows.enumerated() {
            guard let content else { continue }
            writer.select(row)
            for (index, file) in plan.files.enumerated()
            where table[row * plan.files.count + index] >= 0 {
                if let gate = gates[index], gate.isClosed(writer) { continue }
                files.append(
                    (
                        file.tier,
                        hierarchies[file.hierarchy].directory + [UInt8(ascii: "/")] + content.path
                            + [UInt8(ascii: "/")]
                            + file.layout.name
                    ))
            }
        }
        return files
    }
}

/// A cgroup's directory, kept open while its files are opened.
private struct OpenDirectory {
    /// The descriptor, or a vacancy.
    var descriptor: Int32 = -1
    var hierarchy = -1

    mutating func close() {
        if descriptor >= 0 { DescriptorTable.release(descriptor) }
        descriptor = -1
        hierarchy = -1
    }
}
