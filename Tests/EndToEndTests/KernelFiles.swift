import CgroupModel
import Foundation
import TestSupport

/// What `show --json` has to say about a cgroup, read from the kernel's files in the plainest way:
/// whole files, split at blanks, nothing of the program's own reading.
struct KernelFiles {
    private let cgroup: ProgramCgroup
    private let unified: String?

    init(_ cgroup: ProgramCgroup) {
        self.cgroup = cgroup
        let tree = ProgramCgroup.trees.first { $0.isUnified }
        unified = tree.map { $0.mountPoint + cgroup.path }
    }

    private struct Place: Hashable {
        var directory: String
        var isUnified: Bool
    }

    /// Where a controller's files are; those of `core` are on v2, or on v1 in the memory tree.
    private func place(_ metric: Metric) -> [Place] {
        let legacyName = metric.controller.legacyName ?? "memory"
        let legacy = ProgramCgroup.trees.first { !$0.isUnified && $0.options.contains(legacyName) }
        let places = [
            legacy.map { Place(directory: $0.mountPoint + cgroup.path, isUnified: false) },
            unified.map { Place(directory: $0, isUnified: true) },
        ].compactMap { $0 }
        // v1 holds a controller or v2 does, never both; core files are in either.
        return metric.controller == .core ? places.reversed() : Array(places.prefix(1))
    }

    /// Names, as ``JSONText/flat(_:_:)`` has them, and values as text.
    func values() -> [String: String] {
        var result: [String: String] = [:]
        for metric in MetricCatalog.all {
            for place in self.place(metric) {
                guard let source = place.isUnified ? metric.v2 : metric.v1 else { continue }
                for (file, size) in files(source.file, in: place.directory) {
                    for (instance, raw) in cells(metric, source, file) {
                        let key = [size, instance].compactMap { $0 }.joined(separator: " ")
                        let name =
                            key.isEmpty
                            ? metric.name : "\(metric.group)/\(key)/\(metric.field)"
                        result[name] = text(raw, metric, source)
                    }
                }
                break
            }
        }
        return result
    }

    /// The texts of the files behind a name, with the page size that a `*` stands for.
    private func files(_ name: String, in directory: String) -> [(text: String, size: String?)] {
        let halves = name.components(separatedBy: "*")
        let listed = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return listed.compactMap { file in
            var size: String?
            if halves.count == 2 {
                guard file.hasPrefix(halves[0]), file.hasSuffix(halves[1]) else { return nil }
                let middle = file.dropFirst(halves[0].count).dropLast(halves[1].count)
                guard !middle.contains(".") else { return nil }
                size = String(middle)
            } else if file != name {
                return nil
            }
            let text = try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
            return text.map { ($0, size) }
        }
    }

    /// The raw words of a metric in the text of its file; with a device, CPU or name where it has.
    private func cells(
        _ metric: Metric, _ source: Source, _ text: String
    ) -> [(instance: String?, raw: String)] {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        if metric.kind == .text || source.conversion == .frozenState {
            return [(nil, text.trimmingCharacters(in: .whitespacesAndNewlines))]
        }
        if source.file == "cgroup.procs" { return [(nil, "\(lines.count)")] }
        if source.file == "cpu.max" {
            return [(nil, lines[0][source.key == "0" ? 0 : 1])]
        }
        if source.file.hasSuffix(".pressure"), let key = source.key {
            let parts = key.components(separatedBy: ".")
            let words = lines.first { $0[0] == parts[0] } ?? []
            return words.filter { $0.hasPrefix(parts[1] + "=") }
                .map { (nil, String($0.dropFirst(parts[1].count + 1))) }
        }
        guard let dimension = metric.dimension, dimension != .pageSize else {
            guard let key = source.key else {
                return [(nil, text.trimmingCharacters(in: .whitespacesAndNewlines))]
            }
            return lines.filter { $0[0] == key }.map { (nil, $0[1]) }
        }
        switch dimension {
        case .cpu: return (lines.first ?? []).enumerated().map { ("\($0)", $1) }
        case .node, .pageSizeAndNode:
            return lines.flatMap { words -> [(String?, String)] in
                let head = words[0].components(separatedBy: "=")[0]
                guard head == source.key else { return [] }
                return words.dropFirst().compactMap { word in
                    let halves = word.components(separatedBy: "=")
                    guard halves[0].hasPrefix("N"), halves.count == 2 else { return nil }
                    let isNode = dimension == .node
                    return (isNode ? String(halves[0].dropFirst()) : halves[0], halves[1])
                }
            }
        default: return lines.flatMap { byName($0, source.key) }
        }
    }

    /// `8:0 Read 4096`, `8:0 rbytes=4096 …` or `NAME VALUE`.
    private func byName(_ words: [String], _ key: String?) -> [(instance: String?, raw: String)] {
        guard words.count > 1, words[0] != "default" else {
            return words.count > 1 && key == "default" ? [(nil, words[1])] : []
        }
        guard let key else { return words.count == 2 ? [(words[0], words[1])] : [] }
        if words.count == 3, words[1] == key { return [(words[0], words[2])] }
        return words.dropFirst().filter { $0.hasPrefix(key + "=") }
            .map { (words[0], String($0.dropFirst(key.count + 1))) }
    }

    /// A raw word in the metric's unit, as JSON shows it.
    private func text(_ raw: String, _ metric: Metric, _ source: Source) -> String {
        if metric.kind == .limit {
            // "No limit" is also -1, or the largest number of whole pages, huge ones too.
            if raw == "max" || raw == "-1" || UInt64(raw) ?? 0 > Int64.max - 1 << 31 {
                return "max"
            }
        }
        switch source.conversion {
        case .nanoseconds: return String((UInt64(raw) ?? 0) / 1000)
        case .ticks: return String((UInt64(raw) ?? 0) * 10000)
        case .pages: return String((UInt64(raw) ?? 0) * 4096)
        case .frozenState: return raw == "FROZEN" ? "1" : "0"
        case .shares:
            let weight = ((Double(raw) ?? 0) * 100 / 1024).rounded()
            return String(Int(min(max(weight, 1), 10000)))
        case .none: break
        }
        if metric.unit == .percentHundredths, let number = Double(raw) {
            return "\(NSDecimalNumber(string: String(format: "%.2f", number)))"
        }
        return raw
    }
}
