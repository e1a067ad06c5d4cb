import CgroupModel

extension LiveModel {
    /// The time that prompts suggest for commands with `--for`, after which the change is undone.
    private static let usualTime = "10m"
    private static let mostTypedLines = 100

    // MARK: Opening

    /// Asks for a line of text; with `deadline`, offers a time if that command takes one.
    mutating func ask(
        _ topic: Prompt.Topic, _ label: String, _ present: String, deadline command: String? = nil,
        facts: [String] = []
    ) {
        let hasTime = command.map { takesTime($0) } ?? false
        let time = hasTime ? " for \(Self.usualTime)" : ""
        var lines = [targetText] + facts
        if hasTime {
            let word = time.dropFirst()
            lines.append("Undone after \(Self.usualTime). Delete \"\(word)\" to keep it.")
        }
        mode = .prompt(
            Prompt(
                topic: topic, label: label, facts: lines,
                line: LineEditor(present + time, after: present)))
    }

    private func takesTime(_ command: String) -> Bool {
        shapes.first { $0.name == command }?.valued.contains("--for") ?? false
    }

    mutating func openCommandLine() {
        if isReplay || refusal != nil {
            message = changeRefusal
        } else {
            mode = .prompt(Prompt(topic: .command, label: ":"))
        }
    }

    // MARK: Keys

    mutating func type(_ key: KeyEvent, _ prompt: Prompt) -> Intent? {
        var prompt = prompt
        switch key {
        case .escape:
            mode = .table
            return nil
        case .enter: return answer(prompt)
        case .backspace where prompt.topic == .command && prompt.line.text.isEmpty:
            mode = .table
            return nil
        case .up where prompt.topic == .command: recall(-1, &prompt)
        case .down where prompt.topic == .command: recall(1, &prompt)
        case .tab where prompt.topic == .command: complete(&prompt)
        default:
            if prompt.line.take(key) {
                prompt.recalled = nil
                prompt.candidates = []
            }
        }
        mode = .prompt(prompt)
        return nil
    }

    private func recall(_ step: Int, _ prompt: inout Prompt) {
        let next = (prompt.recalled ?? typedLines.count) + step
        guard next >= 0, next <= typedLines.count else { return }
        prompt.recalled = next == typedLines.count ? nil : next
        prompt.line = LineEditor(next == typedLines.count ? "" : typedLines[next])
    }

    private func complete(_ prompt: inout Prompt) {
        let completion = CommandCompletion(
            shapes: shapes, cgroups: snapshot?.cgroups.map(\.path) ?? [])
        let result = completion.complete(prompt.line.before)
        prompt.line = LineEditor(
            result.text + prompt.line.after, after: result.text)
        prompt.candidates = result.candidates
    }

    // MARK: Answers

    private mutating func answer(_ prompt: Prompt) -> Intent? {
        let text = prompt.line.text
        let words = CommandWords.split(text)
        guard !words.isEmpty else {
            mode = .table
            return nil
        }
        if let changeRefusal, prompt.topic != .command {
            mode = .table
            message = changeRefusal
            return nil
        }
        switch prompt.topic {
        case .command: return runLine(text, words)
        case .limit(let name):
            guard let (value, time) = timed(words) else { return nil }
            return propose { ["set", $0, "\(name)=\(value)"] + time }
        case .pin:
            guard let (value, time) = timed(words) else { return nil }
            return propose { ["pin", "--cpus", value, $0] + time }
        case .reclaim:
            return propose { path in
                words == ["all"] ? ["reclaim", "--all", path] : ["reclaim", path] + words
            }
        case .move:
            let ids = text.split { " ,".contains($0) }.map(String.init)
            return propose { ["move"] + ids + [$0] }
        case .hold:
            return propose { path in
                words == ["release"] ? ["hold", path, "--release"] : ["hold", path] + words
            }
        }
    }

    /// Separates a value from the time after `for`; if not exactly one word follows `for`, returns
    /// nil and sets a message.
    private mutating func timed(_ words: [String]) -> (value: String, time: [String])? {
        guard let place = words.firstIndex(of: "for") else { return (words.joined(), []) }
        guard words.count == place + 2 else {
            message = "write one time after 'for', such as \(Self.usualTime)"
            return nil
        }
        return (words[..<place].joined(), ["--for", words[place + 1]])
    }

    private mutating func runLine(_ text: String, _ words: [String]) -> Intent? {
        mode = .table
        if typedLines.last != text { typedLines.append(text) }
        if typedLines.count > Self.mostTypedLines { typedLines.removeFirst() }
        let words = words.first == "cgwarden" ? Array(words.dropFirst()) : words
        if ["q", "quit"].contains(words.first) { return .quit }
        if words.first == "help", words.count == 1 {
            mode = .help(top: 0)
            return nil
        }
        guard let command = CommandWords(words, among: shapes) else {
            let names = shapes.map(\.name)
            let name = words.first ?? ""
            message =
                "no command '\(name)' here; "
                + Spelling.hint(
                    for: name, among: names, otherwise: "press Tab after : for a list")
            return nil
        }
        let isLook =
            !command.hasPlan
            || command.rest.contains { ["--dry-run", "--help", "-h"].contains($0) }
        if !isLook, let changeRefusal {
            message = changeRefusal
            return nil
        }
        // Without arguments, hold lists the holds.
        let isListing = command.name == "hold" && command.rest.isEmpty
        let steps =
            command.lacksCgroup && !isListing && !targets.isEmpty
            ? targets.map { Proposal.Step(words: command.on($0.path).all, target: $0.id) }
            : [Proposal.Step(words: command.all)]
        if isLook || isListing {
            lastOrder += 1
            message = "running: cgwarden " + CommandWords.line(steps[0].words)
            return .order(
                CommandOrder(
                    number: lastOrder, purpose: .look, commands: steps.map(\.words)))
        }
        return propose(steps)
    }
}
