import CgroupModel

/// Completes the word before the cursor of a command line.
struct CommandCompletion {
    let shapes: [CommandShape]
    let cgroups: [CgroupPath]

    /// Returns the text with the part that all candidates share, and the candidates if there are
    /// several.
    func complete(_ text: String) -> (text: String, candidates: [String]) {
        let start = text.lastIndex { $0.isWhitespace }.map { text.index(after: $0) }
        let partial = String(text[(start ?? text.startIndex)...])
        let before = CommandWords.split(String(text[..<(start ?? text.startIndex)]))
        let candidates = Set(self.candidates(partial, after: before)).sorted()
        guard let first = candidates.first else { return (text, []) }
        let shared = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        let isDone = candidates.count == 1 && !shared.hasSuffix("=")
        let kept = text.dropLast(partial.count)
        // Never shorter than what was typed.
        let typed = shared.count >= partial.count ? shared : partial
        let word = isDone ? ShellWord.quoted(typed) : typed
        return (kept + word + (isDone ? " " : ""), candidates.count == 1 ? [] : candidates)
    }

    private func candidates(_ partial: String, after before: [String]) -> [String] {
        guard let name = before.first else {
            return shapes.map(\.name).filter { $0.hasPrefix(partial) }
        }
        guard let shape = shapes.first(where: { $0.name == name }) else { return [] }
        if partial.hasPrefix("-") {
            return shape.flags.union(shape.valued).filter { $0.hasPrefix(partial) }
        }
        if let last = before.last, before.count > 1, shape.valued.contains(last) { return [] }
        var found = paths(partial)
        switch name {
        case "set": found += LimitCatalog.all.map { $0.name + "=" }.filter { $0.hasPrefix(partial) }
        case "get":
            found += LimitCatalog.all.map(\.name).filter { $0.hasPrefix(partial) }
            found += MetricCatalog.all.map(\.name).filter { $0.hasPrefix(partial) }
        default: break
        }
        return found
    }

    /// The cgroups that complete a path by one level; for a name, all cgroups whose own name starts
    /// with that text.
    private func paths(_ partial: String) -> [String] {
        guard partial.hasPrefix("/") else {
            guard !partial.isEmpty else { return [] }
            return cgroups.filter { $0.name.hasPrefix(partial) }.map(\.description)
        }
        return cgroups.map(\.description).filter { path in
            path.hasPrefix(partial) && !path.dropFirst(partial.count).dropFirst().contains("/")
                && path != partial
        }
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
