import CgroupModel

extension LiveModel {
    mutating func choose(_ key: KeyEvent, _ menu: Menu) -> Intent? {
        var menu = menu
        let last = menu.items.count - 1
        switch key {
        case .up, .wheelUp, .character("k"): menu.cursor = max(menu.cursor - 1, 0)
        case .down, .wheelDown, .character("j"): menu.cursor = min(menu.cursor + 1, last)
        case .home: menu.cursor = 0
        case .end: menu.cursor = last
        case .pageUp: menu.cursor = max(menu.cursor - 10, 0)
        case .pageDown: menu.cursor = min(menu.cursor + 10, last)
        case .enter: return pick(menu.cursor, menu)
        case .escape, .character("q"):
            mode = .table
            return nil
        case .character(let character):
            if let place = menu.items.firstIndex(where: { $0.key == character }) {
                return pick(place, menu)
            }
            message = "no such choice; Enter chooses, Esc closes"
        default: break
        }
        mode = .menu(menu)
        return nil
    }

    private mutating func pick(_ place: Int, _ menu: Menu) -> Intent? {
        mode = .table
        guard menu.items.indices.contains(place) else { return nil }
        let name = menu.items[place].name
        switch menu.topic {
        case .actions: return act(LiveAction.allCases[place])
        case .signals: return kill(name, [])
        case .process(let pid): return kill(name, ["--pid", "\(pid)"])
        case .limits: askLimit(name)
        case .sorting:
            layout.reverse = false
            sort(by: SortKey.allCases[place])
            message = "sorted by \(layout.sort.rawValue)"
        }
        return nil
    }

    /// Plans a kill that begins with a signal.
    private mutating func kill(_ signal: String, _ options: [String]) -> Intent? {
        if let changeRefusal {
            message = changeRefusal
            return nil
        }
        let how = signal == "KILL" ? ["--grace", "0s"] : ["--signal", signal]
        let steps = targets.map { target in
            Proposal.Step(words: ["kill"] + how + options + [target.path], target: target.id)
        }
        return propose(options.isEmpty ? steps : Array(steps.prefix(1)))
    }

    /// Opens the list of the limits that the cgroup has, with their present values, and asks for
    /// their owner.
    mutating func openLimits(_ index: Int) -> Intent? {
        guard let snapshot else { return nil }
        guard !targets.contains(where: { $0.path == "/" }) else {
            message = "/ is the whole host and has no limits; select a cgroup below it"
            return nil
        }
        let limits = LimitCatalog.all.filter { $0.dimension == nil && $0.refusal == nil }
        let items = limits.compactMap { limit -> Menu.Item? in
            guard let value = limit.value(in: snapshot, at: index) else { return nil }
            return Menu.Item(name: limit.name, note: limit.grammar.text(value))
        }
        guard !items.isEmpty else {
            message =
                snapshot.isListing
                ? "the first sample is being taken; try again in a moment"
                : "no limit of this cgroup is visible; `:set NAME=VALUE` sets any"
            return nil
        }
        mode = .menu(Menu(topic: .limits, title: "Limit of \(targetText)", items: items))
        owner = nil
        lastOrder += 1
        return .order(
            CommandOrder(
                number: lastOrder, purpose: .owner,
                commands: [[snapshot.cgroups[index].path.description]]))
    }

    /// Keeps the owner of the limits, and adds it to an open prompt for one of them.
    mutating func takeOwner(_ report: CommandReport) {
        guard let path = report.order.commands.first?.first,
            let sentence = report.results.first?.lines.first
        else { return }
        owner = (path, sentence)
        guard case .prompt(var prompt) = mode, case .limit = prompt.topic, targetText == path else {
            return
        }
        prompt.facts.append(sentence)
        mode = .prompt(prompt)
    }

    /// Asks for the new value of a limit.
    private mutating func askLimit(_ name: String) {
        guard let limit = LimitCatalog.limit(named: name), let snapshot,
            let first = targets.first,
            let index = snapshot.cgroups.firstIndex(where: { $0.id == first.id })
        else { return }
        let present = limit.value(in: snapshot, at: index)
        let text = present.map { limit.grammar.text($0) } ?? "unknown"
        var facts = ["\(name) is \(text)" + effective(limit, present, index)]
        if let owner, owner.of == targetText { facts.append(owner.sentence) }
        facts.append(limit.help + (limit.note.isEmpty ? "" : " \(limit.note)"))
        facts.append("Write \(limit.grammar.example).")
        ask(.limit(name), "\(name) =", present == nil ? "" : text, deadline: "set", facts: facts)
    }

    /// The remark on a lower value of an ancestor; empty if there is none.
    private func effective(_ limit: Limit, _ present: LimitValue?, _ index: Int) -> String {
        guard let snapshot, !limit.isProtection, present?.number != nil || present == .unlimited
        else { return "" }
        let isShare: Bool = if case .weight = limit.grammar { true } else { false }
        guard !isShare else { return "" }
        var lowest = present?.number ?? .max
        var owner: CgroupPath?
        var place = snapshot.cgroups[index].parent
        while let here = place {
            if let number = limit.value(in: snapshot, at: here)?.number, number < lowest {
                lowest = number
                owner = snapshot.cgroups[here].path
            }
            place = snapshot.cgroups[here].parent
        }
        guard let owner else { return "" }
        return "; effective \(limit.grammar.text(.number(lowest))), from \(owner)"
    }
}
