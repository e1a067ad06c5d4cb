package import CgroupModel
import Foundation

/// A metric of an interface file, parsed the slow way: by splitting strings.
///
/// It shares nothing with the parsers of KernelIO, so that both can be compared.
/// Values are texts: `12`, `max`, `"0-3"`; the key is the instance, empty for a plain metric.
package struct PlainReading {
    private let metric: Metric
    private let source: Source

    /// Asks about a metric at one of its two places.
    package init(_ metric: Metric, _ source: Source) {
        self.metric = metric
        self.source = source
    }

    /// The values in a file's text; nil if a relevant line is malformed.
    package func values(in text: String) -> [String: String]? {
        var result: [String: String] = [:]
        for (instance, raw) in raws(in: text) {
            guard let value = value(raw) else { return nil }
            result[instance] = value
        }
        return result
    }

    private func raws(in text: String) -> [(String, String)] {
        let lines = text.components(separatedBy: "\n").filter { !$0.isEmpty }
        let key = source.key
        if metric.kind == .text {
            return [("", text.hasSuffix("\n") ? "\(text.dropLast())" : text)]
        }
        if source.file.hasSuffix("pressure"), key != nil {
            return lines.compactMap { line in
                let words = Self.words(line)
                let wanted = key.map { $0.components(separatedBy: ".") } ?? []
                guard words.first == wanted.first else { return nil }
                return Self.assigned(words.dropFirst(), wanted.last ?? "").map { ("", $0) }
            }
        }
        switch (source.file, key, metric.dimension) {
        case ("cgroup.procs", _, _): return [("", "\(lines.count)")]
        case (let file, let key?, _) where file.hasSuffix("numa_stat"):
            return lines.filter {
                Self.words($0)[0].components(separatedBy: "=")[0] == key
            }.flatMap { line in
                Self.words(line).dropFirst().map {
                    let parts = $0.components(separatedBy: "=")
                    return (String(parts[0].dropFirst()), parts[1])
                }
            }
        case (let file, let key?, .device?) where file.hasPrefix("blkio."):
            return lines.map(Self.words).filter { $0.count == 3 && $0[1] == key }
                .map { ($0[0], $0[2]) }
        case (_, let key?, .device?), (_, let key?, .resource?):
            return lines.map(Self.words).compactMap { words in
                Self.assigned(words.dropFirst(), key).map { (words[0], $0) }
            }
        case ("cpu.max", let key?, nil):
            return [("", Self.words(text)[Int(key) ?? 0])]
        case (_, let key?, _):
            let keys = [key, source == metric.v2 ? metric.olderV2Key ?? key : key]
            return lines.map(Self.words).filter { keys.contains($0[0]) }.map { ("", $0[1]) }
        case (_, nil, .cpu?):
            return Self.words(text).enumerated().map { ("\($0)", $1) }
        case (_, nil, .pageSize?), (_, nil, nil):
            return [("", text.trimmingCharacters(in: .whitespacesAndNewlines))]
        case (_, nil, _):
            return lines.map(Self.words).filter { $0[0] != "default" }.map { ($0[0], $0[1]) }
        }
    }

    private static func words(_ line: String) -> [String] {
        line.components(separatedBy: .whitespacesAndNewlines).filter { !$0.isEmpty }
    }

    private static func assigned(_ words: some Sequence<String>, _ key: String) -> String? {
        words.first { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    private func value(_ raw: String) -> String? {
        if source.conversion == .frozenState {
            return raw == "FROZEN" ? "1" : raw == "THAWED" || raw == "FREEZING" ? "0" : nil
        }
        if metric.kind == .text { return "\"\(raw)\"" }
        if raw == "max" { return "max" }
        if metric.unit == .percentHundredths {
            guard let number = Decimal(string: raw) else { return nil }
            return "\(number * 100)"
        }
        guard let number = Decimal(string: raw) else { return nil }
        if metric.unit == .signed { return "\(number < 0 ? -number * 2 - 1 : number * 2)" }
        if metric.kind == .limit, number < 0 || number >= Decimal(UInt64(1) << 62) { return "max" }
        if number < 0 { return "0" }
        switch source.conversion {
        case .ticks: return "\(number * 10000)"
        case .pages: return "\(number * 4096)"
        case .nanoseconds:
            var whole = Decimal()
            var exact = number / 1000
            unsafe NSDecimalRound(&whole, &exact, 0, .down)
            return "\(whole)"
        case .shares:
            // The weight is the shares by 10.24, rounded, and from 1 to 10000.
            var weight = Decimal()
            var exact = number * 100 / 1024
            unsafe NSDecimalRound(&weight, &exact, 0, .plain)
            return "\(min(max(weight, 1), 10000))"
        case .none, .frozenState: return "\(number)"
        }
    }
}

extension Snapshot {
    /// What the snapshot says about a metric, in the form of ``PlainReading``; nothing if absent.
    package func values(_ index: Int, _ metric: Metric) -> [String: String] {
        if let dimension = metric.dimension {
            return Dictionary(
                instances(index).filter { $0.metric == metric.id }.map {
                    ($0.key.text(dimension), $0.reading.plainText(metric))
                }, uniquingKeysWith: { "\($0) and \($1)" })
        }
        let reading = self[index, metric.id]
        return reading == .absent ? [:] : ["": reading.plainText(metric)]
    }
}

extension Reading {
    /// The value in the form of ``PlainReading``.
    package func plainText(_ metric: Metric) -> String {
        guard let value else { return word ?? "" }
        return metric.kind == .text ? "\"\(Word.text(value))\"" : "\(value)"
    }
}
