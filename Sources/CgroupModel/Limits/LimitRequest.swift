/// A request to set one limit of one cgroup, made by a user or a rule.
package struct LimitRequest: Sendable {
    /// The limit.
    package let limit: Limit
    /// The disk, page size, interface or resource as the user named it; nil if the limit has no
    /// instances.
    package let instance: String?
    /// The requested value.
    package let value: LimitValue

    /// Creates a request; a limit without instances ignores `instance`.
    package init(limit: Limit, instance: String? = nil, value: LimitValue) {
        self.limit = limit
        self.instance = limit.dimension == nil ? nil : instance
        self.value = value
    }

    /// Parses a single request: `memory.max=100MiB` or `io.max=/dev/vda:wbps=10MB/s`.
    package init(parsing text: String, host: HostFacts) throws(LimitError) {
        let all = try Self.all(parsing: text, host: host)
        guard all.count == 1 else {
            throw LimitError("\"\(text)\" sets \(all.count) limits; give each of them")
        }
        self = all[0]
    }

    /// Parses an argument; `io.max=/dev/vda:rbps=10MB/s,wbps=5MB/s` is two requests.
    package static func all(
        parsing text: String, host: HostFacts
    ) throws(LimitError) -> [LimitRequest] {
        guard let equals = text.firstIndex(of: "=") else {
            throw LimitError("\"\(text)\" is not NAME=VALUE; write memory.max=100MiB")
        }
        let name = String(text[..<equals])
        let value = String(text[text.index(after: equals)...])
        if let (limit, size) = pageSize(name) {
            return [try one(limit, size, value, host)]
        }
        let rows = try LimitCatalog.rows(named: name)
        guard rows[0].name == name else { return try several(rows, name, value, host) }
        if rows[0].dimension == nil {
            if rows.count > 1, let (instance, rest) = divided(value) {
                return [try one(rows[1], instance, rest, host)]
            }
            return [try one(rows[0], nil, value, host)]
        }
        guard let (instance, rest) = divided(value) else {
            throw LimitError("\(name) needs an instance: \(usage(rows[0]))")
        }
        return [try one(rows[0], instance, rest, host)]
    }

    /// Resolves `hugetlb.2MB.max` to the row `hugetlb.max` and the page size 2MB.
    private static func pageSize(_ name: String) -> (Limit, String)? {
        let parts = name.split(separator: ".")
        guard parts.count == 3,
            let limit = LimitCatalog.limit(named: "\(parts[0]).\(parts[2])"),
            limit.dimension == .pageSize
        else { return nil }
        return (limit, String(parts[1]))
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
                let fields = rows.map(\.field).joined(separator: ", ")
                throw LimitError("\"\(part)\" is not FIELD=VALUE with one of \(fields)")
            }
            requests.append(try one(row, instance, sides[1], host))
        }
        return requests
    }

    private static func one(
        _ limit: Limit, _ instance: String?, _ text: String, _ host: HostFacts
    ) throws(LimitError) -> LimitRequest {
        if let refusal = limit.refusal { throw LimitError("\(limit.name): \(refusal)") }
        do {
            return LimitRequest(
                limit: limit, instance: instance, value: try limit.grammar.parse(text, host: host))
        } catch {
            throw LimitError("\(limit.name): \(error)")
        }
    }

    /// Splits at the last colon, because a device may be `8:0`.
    private static func divided(_ text: String) -> (instance: String, rest: String)? {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private static func usage(_ limit: Limit) -> String {
        switch limit.dimension {
        case .device where limit.group == "io.max":
            "io.max=/dev/vda:\(limit.field)="
                + (limit.grammar == .bytesPerSecond ? "10MB/s" : "500/s")
        case .device where limit.name == "io.latency": "\(limit.name)=/dev/vda:10ms"
        case .device: "\(limit.name)=/dev/vda:200"
        case .pageSize: "hugetlb.2MB.max=64MiB"
        case .interface: "net.prio=eth0:3"
        case .resource where limit.grammar == .bytes: "\(limit.name)=NAME:64MiB"
        default: "\(limit.name)=NAME:5"
        }
    }
}
