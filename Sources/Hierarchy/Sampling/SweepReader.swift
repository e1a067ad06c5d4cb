internal import CgroupModel
internal import KernelIO

/// Reads the files of some of the cgroups.
///
/// All calls come from one thread, and the hot path makes no allocation per file.
struct SweepReader: ~Copyable {
    private let plan: ReadPlan
    private let hierarchies: [MountedHierarchy]
    private var parsers: [FileParser]
    private let facts: FileFacts
    private let derivations: Derivations
    private var directories: SweepDirectories
    private var table: DescriptorTable
    private var buffer = ReadBuffer()
    private var writer: RowWriter
    private var rows: [ShardRow?] = []
    private var isSettingsDue: [Bool] = []
    private var tally: SweepTally

    init(_ plan: ReadPlan, on set: HierarchySet, budget: Int) {
        self.plan = plan
        hierarchies = set.hierarchies
        let facts = FileFacts(plan)
        self.facts = facts
        parsers = zip(plan.files, facts.columns).map { FileParser($0.layout, $1) }
        derivations = Derivations(plan.schema, on: set)
        directories = SweepDirectories(set.hierarchies)
        tally = SweepTally(plan)
        table = DescriptorTable(budget: budget)
        writer = RowWriter(schema: plan.schema)
    }

    /// Closes all files; must be the last call.
    mutating func close() {
        table.closeAll()
        directories.closeRoots()
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
                    writer.forget(row: row, facts.columns[index])
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
        directories.openRoots()
        tally.begin()
        let usual = facts.steps(due, withSettings: due.allSettings)
        let complete = facts.steps(due, withSettings: true)
        writer.beginPass()
        for row in rows.indices {
            writer.beginRow(row)
            if rows[row] != nil { read(row, isSettingsDue[row] ? complete : usual, due) }
            writer.endRow()
        }
        return tally.end(writer.block, descriptors: table.open)
    }

    private mutating func read(_ row: Int, _ steps: [FileFacts.Step], _ due: SweepDue) {
        let base = row * parsers.count
        let settingsDue = due.allSettings || isSettingsDue[row]
        let gatesHold = due.seesWrites && !settingsDue
        let reprobe = due.reprobe || settingsDue
        for step in steps {
            switch step {
            case .carry(let index): writer.carry(facts.columns[index])
            case .read(let index):
                if gatesHold, facts.isGated[index], let gate = facts.gates[index],
                    gate.isClosed(writer)
                {
                    writer.hold(facts.columns[index])
                    writer.carry(facts.columns[index])
                    continue
                }
                if facts.canBeThawed[index], let file = facts.thawed[index], file.isZero(writer) {
                    setZero(index)
                    continue
                }
                tally.turn(to: index)
                let descriptor = table[base + index]
                if descriptor >= 0 {
                    consume(index, row, fill(index, from: descriptor))
                } else if descriptor != DescriptorTable.Vacancy.absent || reprobe {
                    readUnkept(index, row, due)
                }
            }
        }
        directories.closeDirectory()
        if settingsDue {
            isSettingsDue[row] = false
            derivations.apply(to: &writer)
        }
    }

    /// Sets the value of a file that contains 0.
    private mutating func setZero(_ index: Int) {
        writer.beginFile(facts.columns[index])
        writer.set(facts.columns[index], Reading(0))
        writer.endFile(facts.columns[index])
    }

    /// Opens and reads a file, and keeps it open if it is read often.
    private mutating func readUnkept(_ index: Int, _ row: Int, _ due: SweepDue) {
        guard let content = rows[row] else { return }
        let file = plan.files[index]
        let slot = row * plan.files.count + index
        // The columns belong to another file, or have been absent since the row was assigned.
        guard file.applies(to: content) else { return table.leaveVacant(slot) }
        let directory = directories.open(content, in: file.hierarchy, &table)
        guard directory >= 0 else {
            if directory == DescriptorTable.Vacancy.absent {
                tally.noteVanished(row, file.hierarchy)
                return fail(index, .gone)
            }
            return fail(index, vacancy: directory)
        }
        let keep = due.keeps && file.tier <= .costly
        let descriptor = table.open(slot, file.layout.name, under: directory, keep: keep)
        guard descriptor >= 0 else {
            return fail(index, vacancy: table[slot])
        }
        consume(index, row, fill(index, from: descriptor))
        if table[slot] != descriptor {
            if keep { tally.noteUnkept() }
            DescriptorTable.release(descriptor)
        }
    }

    private mutating func fill(_ index: Int, from descriptor: Int32) -> Int32 {
        facts.isList[index] ? buffer.fillToEnd(from: descriptor) : buffer.fill(from: descriptor)
    }

    private mutating func consume(_ index: Int, _ row: Int, _ code: Int32) {
        tally.noteRead()
        guard code != 0 else {
            let skipped = writer.skippedRows
            if !parsers[index].parse(buffer, into: &writer) { tally.note(.malformed, index) }
            if writer.skippedRows > skipped {
                tally.noteSkipped(index, writer.skippedRows - skipped)
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
            tally.note(reason, index)
            fail(index, reason)
        }
    }

    /// Whether a row's directory still exists; records it as vanished if not.
    private mutating func exists(_ row: Int, in hierarchy: Int) -> Bool {
        guard let content = rows[row] else { return false }
        guard !directories.exists(content, in: hierarchy, &table) else { return true }
        tally.noteVanished(row, hierarchy)
        return false
    }

    private mutating func fail(_ index: Int, vacancy: Int32) {
        switch vacancy {
        case DescriptorTable.Vacancy.absent: fail(index, .absent)
        case DescriptorTable.Vacancy.notPermitted:
            tally.note(.notPermitted, index)
            fail(index, .notPermitted)
        case DescriptorTable.Vacancy.covered: fail(index, .covered)
        default:
            tally.note(.malformed, index)
            fail(index, .malformed)
        }
    }

    private mutating func fail(_ index: Int, _ reason: Reading) {
        writer.beginFile(facts.columns[index])
        writer.fail(facts.columns[index], with: reason)
        writer.endFile(facts.columns[index])
    }

    /// The files that a typical pass reads, for the benchmark against the lower bound.
    mutating func usualFiles() -> [(Tier, [UInt8])] {
        var files: [(Tier, [UInt8])] = []
        for (row, content) in rows.enumerated() {
            guard let content else { continue }
            writer.select(row)
            for (index, file) in plan.files.enumerated()
            where table[row * plan.files.count + index] >= 0 {
                if let gate = facts.gates[index], gate.isClosed(writer) { continue }
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
