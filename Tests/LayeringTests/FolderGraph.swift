/// Which folders of a module use types of which others.
struct FolderGraph {
    /// The folders that each one uses, with one example: `LimitPlan.swift uses UndoJournal`.
    private(set) var uses: [String: [String: String]] = [:]

    init(_ files: [SwiftSource]) {
        var homes: [String: Set<String>] = [:]
        for file in files {
            for name in file.declared { homes[name, default: []].insert(file.folder) }
        }
        for file in files {
            for name in file.used.sorted() {
                guard let folders = homes[name], !folders.contains(file.folder) else { continue }
                for folder in folders where uses[file.folder]?[folder] == nil {
                    uses[file.folder, default: [:]][folder] = "\(file.path) uses \(name)"
                }
            }
        }
    }

    /// A circle, as the uses that lead from its first folder back to it; empty if there is none.
    var circle: [String] {
        var finished: Set<String> = []
        var path: [String] = []
        func visit(_ folder: String) -> [String] {
            if let start = path.firstIndex(of: folder) {
                let round = path[start...] + [folder]
                return zip(round, round.dropFirst()).compactMap { uses[$0]?[$1] }
            }
            if finished.contains(folder) { return [] }
            path.append(folder)
            defer { path.removeLast() }
            for next in (uses[folder] ?? [:]).keys.sorted() {
                let found = visit(next)
                if !found.isEmpty { return found }
            }
            finished.insert(folder)
            return []
        }
        return uses.keys.sorted().lazy.map(visit).first { !$0.isEmpty } ?? []
    }
}
