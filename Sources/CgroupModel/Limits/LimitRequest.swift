/// A request to set one limit of one cgroup, made by a user or a rule.
package struct LimitRequest: Sendable {
    /// The limit.
    package let limit: Limit
    /// The disk, page size, interface or resource as the user named it; nil if the limit has no
    /// instances.
    package let instance: String?
    /// The requested value.
    package let value: LimitValue
    /// A note for a user who typed a former name of the limit; nil for any other name.
    package private(set) var note: String?

    /// Creates a request; a limit without instances ignores `instance`.
    package init(limit: Limit, instance: String? = nil, value: LimitValue) {
        self.limit = limit
        self.instance = limit.dimension == nil ? nil : instance
        self.value = value
    }

    /// Parses the arguments of a command line.
    package static func all(
        parsing texts: [String], host: HostFacts
    ) throws(LimitError) -> [LimitRequest] {
        var requests: [LimitRequest] = []
        for (text, next) in zip(texts, texts.dropFirst() + [""]) {
            if !next.isEmpty, !text.contains("="), !next.contains("="),
                let limit = CatalogName(text)?.limit
            {
                let value = limit.grammar.suggestion(for: next, host: host)
                throw LimitError(
                    "\"\(text) \(next)\" is not NAME=VALUE; write "
                        + (limit.dimension == nil ? "\(text)=\(value)" : usage(limit)))
            }
            requests += try all(parsing: text, host: host)
        }
        return requests
    }

    /// Parses an argument; `io.max=/dev/vda:rbps=10MB/s,wbps=5MB/s` is two requests.
    ///
    /// The instance may also be in brackets, as in policies: `io.max.wbps[/dev/vda]=5MB/s`.
    package static func all(
        parsing text: String, host: HostFacts
    ) throws(LimitError) -> [LimitRequest] {
        guard let equals = text.firstIndex(of: "=") else {
            let limit = CatalogName(text)?.limit
            let example =
                limit.map {
                    $0.dimension == nil ? "\(text)=\($0.grammar.firstExample)" : usage($0)
                } ?? "memory.max=100MiB"
            throw LimitError("\"\(text)\" is not NAME=VALUE; write \(example)")
        }
        let name = String(text[..<equals])
        let value = String(text[text.index(after: equals)...])
        if let (limit, size) = LimitCatalog.limit(ofPageSize: name) {
            return [try one(limit, size, value, host)]
        }
        if let (row, instance) = bracketed(name), let known = CatalogName(row),
            let limit = known.limit
        {
            guard limit.dimension != nil else {
                throw LimitError("\(limit.name) is one value; remove [\(instance)]")
            }
            return [try one(limit, instance, value, host, as: known)]
        }
        guard let known = CatalogName(name), let limit = known.limit else {
            let rows = CatalogName(name) == nil ? LimitCatalog.rows(ofGroup: name) : []
            guard rows.isEmpty else { return try several(rows, name, value, host) }
            throw LimitError(CatalogName.refusal(ofLimit: name))
        }
        if limit.dimension == nil {
            let device = LimitCatalog.limit(named: "\(limit.name).device")
            if let device, let (instance, rest) = divided(value) {
                return [try one(device, instance, rest, host, as: known)]
            }
            return [try one(limit, nil, value, host, as: known)]
        }
        guard let (instance, rest) = divided(value) else {
            throw LimitError("\(limit.name) needs an instance: \(usage(limit))")
        }
        return [try one(limit, instance, rest, host, as: known)]
    }

    /// Parses `INSTANCE:FIELD=VALUE,FIELD=VALUE` for the rows of a group.
    private static func several(
        _ rows: [Limit], _ name: String, _ text: String, _ host: HostFacts
    ) throws(LimitError) -> [LimitRequest] {
        guard let equals = text.firstIndex(of: "="),
            let (instance, _) = divided(String(text[..<equals]))
        else {
            let known = rows.map(\.name).joined(separator: ", ")
            let remedy =
                rows[0].dimension == nil ? "set one of them" : "write \(usage(rows[0]))"
            throw LimitError("\(name) is several limits (\(known)); \(remedy)")
        }
        var requests: [LimitRequest] = []
        for part in text.dropFirst(instance.count + 1).split(
            separator: ",", omittingEmptySubsequences: false)
        {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2, let row = rows.first(where: { $0.field == sides[0] }) else {
                let fields = rows.map(\.field)
                let hint = Spelling.hint(
                    for: sides.first ?? "", among: fields,
                    otherwise: "write \(usage(rows[0])); the fields are "
                        + fields.joined(separator: ", "))
                throw LimitError("\"\(part)\" is not a FIELD=VALUE of \(name); \(hint)")
            }
            requests.append(try one(row, instance, sides[1], host))
        }
        return requests
    }

    private static func one(
        _ limit: Limit, _ instance: String?, _ text: String, _ host: HostFacts,
        as name: CatalogName? = nil
    ) throws(LimitError) -> LimitRequest {
        if let refusal = limit.refusal { throw LimitError("\(limit.name): \(refusal)") }
        do {
            let value: LimitValue
            if let name, name.limit?.name == limit.name {
                value = try name.value(text, host: host)
            } else {
                value = try limit.grammar.parse(text, host: host)
            }
            var request = LimitRequest(limit: limit, instance: instance, value: value)
            request.note = name?.note
            return request
        } catch {
            throw LimitError("\(limit.name): \(error)")
        }
    }

    /// Splits at the last colon, because a device may be `8:0`.
    private static func divided(_ text: String) -> (instance: String, rest: String)? {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    /// Splits a name such as `io.max.wbps[/dev/vda]` into limit and instance.
    package static func bracketed(_ name: String) -> (limit: String, instance: String)? {
        guard name.hasSuffix("]"), let open = name.firstIndex(of: "["),
            name.index(after: open) < name.index(before: name.endIndex)
        else { return nil }
        return (String(name[..<open]), String(name[name.index(after: open)...].dropLast()))
    }

    private static func usage(_ limit: Limit) -> String {
        switch limit.dimension {
        case .device where limit.group == "io.max":
            "io.max=/dev/vda:\(limit.field)="
                + (limit.grammar == .bytesPerSecond ? "10MB/s" : "500/s")
        case .device where limit.name == "io.latency.target": "\(limit.name)=/dev/vda:10ms"
        case .device: "\(limit.name)=/dev/vda:200"
        case .pageSize: "hugetlb.2MB.max=64MiB"
        case .interface: "net_prio.ifpriomap=eth0:3"
        case .resource where limit.grammar == .bytes: "\(limit.name)=NAME:64MiB"
        default: "\(limit.name)=NAME:5"
        }
    }
}
