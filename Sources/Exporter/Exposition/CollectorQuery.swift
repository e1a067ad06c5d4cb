import CgroupModel

/// Which collectors a request asks for: `?collect[]=cpu&collect[]=memory`, or `?exclude[]=io`.
struct CollectorQuery {
    /// One sentence for the client.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// Those that have families.
    private static let known = Collector.allCases.filter { collector in
        MetricCatalog.all.contains { $0.family != nil && $0.collector == collector }
    }

    /// The collectors that are wanted; nil for all.
    ///
    /// Other keys are somebody else's.
    static func collectors(in query: some StringProtocol) throws(Mistake) -> Set<Collector>? {
        var named: [String: Set<Collector>] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = decoded(parts[0]), ["collect[]", "exclude[]"].contains(key) else {
                continue
            }
            let value = parts.count > 1 ? decoded(parts[1]) : ""
            guard let collector = known.first(where: { $0.rawValue == value }) else {
                let names = known.map(\.rawValue).joined(separator: ", ")
                throw Mistake(description: "\(key) takes one of \(names).")
            }
            named[key, default: []].insert(collector)
        }
        switch (named["collect[]"], named["exclude[]"]) {
        case (nil, nil): return nil
        case (let wanted?, nil): return wanted
        case (nil, let unwanted?): return Set(known).subtracting(unwanted)
        default: throw Mistake(description: "collect[] and exclude[] cannot be used together.")
        }
    }

    /// Undoes `%XX`; nil if that is not one or not text.
    private static func decoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
