import CgroupModel

/// The undo of an action of this view.
struct UndoStep: Hashable, Sendable {
    /// The commands that undo the action, each with the cgroup whose identity is checked before it
    /// runs.
    var steps: [Proposal.Step]
    /// The reason why the action cannot be undone; nil if it can.
    var reason: String?
}

extension LiveModel {
    /// The time after which a freeze of this view ends.
    private static let freezeTime = "60s"
    /// The number of actions that can be undone.
    private static let mostUndoable = 100

    /// The reason why nothing can be changed now; nil if something can.
    var changeRefusal: String? {
        if isReplay { return "a recording cannot be changed" }
        if let refusal { return refusal }
        if let name = ambiguousName {
            return "\(name) also names another cgroup; change it from a shell, by its exact name"
        }
        return isPaused ? "the view shows the past; press Z to resume, then act" : nil
    }

    /// The cgroups that the next action is for: the marked ones, otherwise the selected one.
    var targets: [(id: CgroupID, path: String)] {
        guard let snapshot else { return [] }
        let chosen =
            marked.isEmpty
            ? [selectedRow].compactMap { $0.map(\.index) }
            : snapshot.cgroups.indices.filter { marked.contains(snapshot.cgroups[$0].id) }
        return chosen.compactMap { index in
            let entry = snapshot.cgroups[index]
            guard !snapshot.departed.contains(entry.id.generation) else { return nil }
            return (entry.id, entry.path.description)
        }
    }

    /// The printed name of a target that commands would take for another cgroup; nil without one.
    ///
    /// A user can create a cgroup whose name is literally `a\xff` beside one with that byte, to get
    /// the changes meant for the other.
    private var ambiguousName: String? {
        guard let snapshot else { return nil }
        return targets.first { target in
            let index = snapshot.cgroups.firstIndex { $0.id == target.id }
            let meant = CgroupPath(typed: target.path) { snapshot.index(of: $0) != nil }
            return index.map { snapshot.cgroups[$0].path != meant } ?? false
        }?.path
    }

    /// The targets in a few words.
    var targetText: String {
        let targets = targets
        return targets.count == 1 ? targets[0].path : "\(targets.count) cgroups"
    }

    /// Starts an action, which may first ask for details.
    mutating func act(_ action: LiveAction) -> Intent? {
        if let changeRefusal {
            message = changeRefusal
            return nil
        }
        if action == .undo { return undoLast() }
        let targets = targets
        guard let first = targets.first, let snapshot else {
            message = selectedRow == nil ? "no cgroup is selected" : "the cgroup has ended"
            return nil
        }
        let index = snapshot.cgroups.firstIndex { $0.id == first.id } ?? 0
        switch action {
        case .freeze:
            let isFrozen =
                CgroupFigures(snapshot, index).state == "frozen"
                || thawTimes[first.id] ?? 0 > snapshot.wallTime
            return propose { path in
                isFrozen ? ["thaw", path] : ["freeze", "--timeout", Self.freezeTime, path]
            }
        case .kill: mode = .menu(.signals)
        case .limit: return openLimits(index)
        case .pin:
            let present = snapshot[index, .cpusetCPUs].value.map { Word.text($0) } ?? ""
            ask(.pin, "CPUs", present, deadline: "pin")
        case .reclaim: ask(.reclaim, "reclaim (64MiB, or all)", "")
        case .move: ask(.move, "IDs of processes to move into \(first.path)", "")
        case .hold: ask(.hold, "hold for (30m, 1h, or release)", "1h")
        case .undo: break
        }
        return nil
    }

    /// Asks for the plan of a command on each target.
    mutating func propose(_ words: (String) -> [String]) -> Intent? {
        propose(targets.map { Proposal.Step(words: words($0.path), target: $0.id) })
    }

    mutating func propose(_ steps: [Proposal.Step], isUndo: Bool = false) -> Intent? {
        guard !steps.isEmpty else { return nil }
        lastOrder += 1
        proposal = Proposal(number: lastOrder, steps: steps, isUndo: isUndo)
        mode = .proposal(top: 0)
        return .order(
            CommandOrder(
                number: lastOrder, purpose: .plan,
                commands: steps.map { $0.words + ["--dry-run"] }))
    }

    /// Handles the answer to a plan: Enter or y accepts it, arrows scroll, other keys cancel.
    mutating func answer(_ key: KeyEvent, _ top: Int) -> Intent? {
        guard let proposal else {
            mode = .table
            return nil
        }
        let last = max(proposal.lines.count - 1, 0)
        switch key {
        case .up, .wheelUp: mode = .proposal(top: max(top - 1, 0))
        case .down, .wheelDown: mode = .proposal(top: min(top + 1, last))
        case .pageUp: mode = .proposal(top: max(top - 5, 0))
        case .pageDown: mode = .proposal(top: min(top + 5, last))
        // Ignore an answer that comes before the plan is on the screen.
        case .enter, .character("y"), .character("Y"):
            return proposal.isPlanned ? accept(proposal) : nil
        default:
            self.proposal = nil
            mode = .table
            message = "canceled; nothing was changed"
        }
        return nil
    }

    /// Runs the accepted steps whose cgroups are still those that the user saw.
    private mutating func accept(_ proposal: Proposal) -> Intent? {
        self.proposal = nil
        mode = .table
        let present = Set(
            (snapshot?.cgroups ?? []).map(\.id).filter {
                snapshot?.departed.contains($0.generation) == false
            })
        let steps = proposal.accepted.filter { $0.target.map(present.contains) ?? true }
        guard !steps.isEmpty else {
            message = "the cgroup is gone; nothing was changed"
            return nil
        }
        lastOrder += 1
        running[lastOrder] = Proposal(
            number: lastOrder, steps: steps, isUndo: proposal.isUndo)
        message = "running: cgwarden " + CommandWords.line(steps[0].words)
        return .order(
            CommandOrder(number: lastOrder, purpose: .change, commands: steps.map(\.words)))
    }

    private mutating func undoLast() -> Intent? {
        guard let last = undoable.last else {
            message = "nothing to undo in this view; `:restore` undoes earlier changes"
            return nil
        }
        if let reason = last.reason {
            undoable.removeLast()
            message = reason + (undoable.isEmpty ? "" : "; u undoes the action before")
            return nil
        }
        return propose(last.steps, isUndo: true)
    }

    // MARK: Reports

    /// Takes the results of an order; `now` is in microseconds since 1970.
    mutating func take(_ report: CommandReport, now: UInt64) {
        switch report.order.purpose {
        case .plan: takePlan(report)
        case .change: takeChange(report, now: now)
        case .owner: takeOwner(report)
        case .look:
            let lines = report.results.flatMap(\.lines)
            message = nil
            show(lines.isEmpty ? ["no output"] : lines, title(report.order), opens: true)
        }
    }

    private mutating func takePlan(_ report: CommandReport) {
        guard var plan = proposal, plan.number == report.order.number else { return }
        for (place, result) in report.results.enumerated() where plan.steps.indices.contains(place)
        {
            plan.steps[place].plan = result
        }
        if plan.accepted.isEmpty {
            // A change that is not in force cannot be undone later either.
            let isOver = report.results.allSatisfy { $0.status == CommandReport.Result.noInput }
            if plan.isUndo, isOver { forget(plan) }
            proposal = nil
            mode = .table
            show(report.results.flatMap(\.lines), "Refused", opens: true)
        } else {
            proposal = plan
        }
    }

    private mutating func takeChange(_ report: CommandReport, now: UInt64) {
        guard let run = running.removeValue(forKey: report.order.number) else { return }
        var back = UndoStep(steps: [])
        for (step, result) in zip(run.steps, report.results) where result.isSuccess {
            note(step, result, now)
            guard let words = CommandWords(step.words, among: shapes) else { continue }
            switch words.undo(change: result.change) {
            case .commands(let commands):
                back.steps += commands.map { Proposal.Step(words: $0, target: step.target) }
            case .none(let reason): back.reason = reason
            }
        }
        let isDone = report.results.contains(where: \.isSuccess)
        if run.isUndo {
            if isDone { forget(run) }
        } else if isDone {
            // Undoing some of the steps is better than undoing none.
            if !back.steps.isEmpty { back.reason = nil }
            undoable.append(back)
            if undoable.count > Self.mostUndoable { undoable.removeFirst() }
            marked = []
        }
        let hint = isDone && !run.isUndo && back.reason == nil ? "; u undoes" : ""
        let printed = report.results.flatMap(\.lines).compactMap(Self.withoutShellHint)
        // A message has room for little more than the first line.
        let lines = printed.filter(Self.isDeadline) + printed.filter { !Self.isDeadline($0) }
        show(lines.isEmpty ? ["done"] : lines, title(report.order), hint: hint, opens: !isDone)
    }

    /// Removes the action that was undone; another action may be the last one by now.
    private mutating func forget(_ undo: Proposal) {
        let place = undoable.lastIndex { $0.steps.contains(where: undo.steps.contains(sameAs:)) }
        if let place { undoable.remove(at: place) }
    }

    /// Whether a line says when the change is undone.
    private static func isDeadline(_ line: String) -> Bool { line.hasPrefix("will be undone ") }

    /// The line without the shell's hint on undoing the change; nil if nothing else is left.
    private static func withoutShellHint(_ line: String) -> String? {
        if line.hasPrefix("undo: ") { return nil }
        return line.firstRange(of: ", or earlier with: ").map { String(line[..<$0.lowerBound]) }
            ?? line
    }

    /// Keeps the time at which a frozen cgroup thaws.
    private mutating func note(_ step: Proposal.Step, _ result: CommandReport.Result, _ now: UInt64)
    {
        guard let target = step.target, ["freeze", "thaw"].contains(step.words.first) else {
            return
        }
        thawTimes[target] = nil
        guard step.words.first == "freeze" else { return }
        let text = result.lines.joined(separator: " ").firstRange(of: "thaws in ").map {
            result.lines.joined(separator: " ")[$0.upperBound...].prefix { $0 != " " && $0 != "," }
        }
        guard let text, let time = Interval(argument: String(text)) else { return }
        thawTimes[target] = now + UInt64(time.seconds * 1e6)
    }

    private func title(_ order: CommandOrder) -> String {
        "cgwarden " + order.commands.map { CommandWords.line($0) }.joined(separator: "; ")
    }

    /// Shows lines: one as a message, several in a pane if the table is on the screen.
    private mutating func show(
        _ lines: [String], _ title: String, hint: String = "", opens: Bool
    ) {
        let isShort = lines.count == 1 && CellWidth.of(lines[0] + hint) < size.columns - 1
        if isShort || mode != .table || !opens {
            let rest = lines.count - 1
            let more = rest > 0 ? " (and \(rest) more line\(rest == 1 ? "" : "s"))" : ""
            message = (lines.first ?? "") + more + hint
        } else {
            output = (title, lines.flatMap { LineWrap.lines($0, to: size.columns - 2) })
            mode = .output(top: 0)
        }
    }
}

extension [Proposal.Step] {
    /// Whether one of them is the same command for the same cgroup.
    fileprivate func contains(sameAs step: Proposal.Step) -> Bool {
        contains { $0.words == step.words && $0.target == step.target }
    }
}
