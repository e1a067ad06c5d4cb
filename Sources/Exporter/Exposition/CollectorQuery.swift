import CgroupModel

/// The collectors that a request asks for: `?collect[]=cpu&collect[]=memory`, or `?exclude[]=io`.
struct CollectorQuery {
    /// The reason why the query is invalid, one sentence for the client.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// The collectors that have families.
    private static let known = Collector.allCases.filter { collector in
        MetricCatalog.all.contains { $0.family != nil && $0.collector == collector }
    }

    /// Returns the requested collectors; nil for all.
    ///
    /// Ignores other keys.
    static func collectors(in query: Substring) throws(Mistake) -> Set<Collector>? {
        var named: [String: Set<Collector>] = [:]
        for (key, value) in Query.pairs(in: query) where ["collect[]", "exclude[]"].contains(key) {
            guard let collector = known.first(where: { $0.rawValue == value }) else {
                let names = known.map(\.rawValue).joined(separator: ", ")
                throw Mistake(description: "\(key) must be one of \(names)")
            }
            named[key, default: []].insert(collector)
        }
        switch (named["collect[]"], named["exclude[]"]) {
        case (nil, nil): return nil
        case (let wanted?, nil): return wanted
        case (nil, let unwanted?): return Set(known).subtracting(unwanted)
        default: throw Mistake(description: "collect[] and exclude[] are mutually exclusive")
        }
    }
}
