package import CgroupModel
package import Policy
internal import PolicyLanguage

/// The origin of a cgroup's values: the request of each layer, highest first, the inactive parts,
/// and the state of the rules.
package struct ExplanationReport {
    private let path: CgroupPath
    private let values: [ValueExplanation]
    private let inactive: [InactivePart]
    private let rules: [RuleExplanation]

    /// Explains a cgroup; throws if the engine's last sample does not contain it.
    package init(of path: CgroupPath, by engine: PolicyEngine) throws {
        guard engine.sees(path) else {
            guard engine.hasSample else {
                throw CgwardenError(
                    "the daemon is still taking its first sample; try again later", .unavailable)
            }
            throw CgwardenError(
                "\(path) is not in a sample yet, or was removed; see `cgwarden tree`, and try again",
                .noInput)
        }
        self.path = path
        values = engine.layers(of: path)
        rules = engine.rules(of: path)
        inactive = engine.inactive(on: path)
    }

    /// The output of `policy explain`.
    package var text: String {
        guard !values.isEmpty || !inactive.isEmpty || !rules.isEmpty else {
            return "no policy applies to \(path)\n"
        }
        return (values.map(describe) + inactive.map(describe)).joined(separator: "\n")
            + RuleReport(rules).text
    }

    /// The contents of the text as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("cgroup", path.description)
            json.array("values") { json in
                for value in values { json.object { json in write(value, to: &json) } }
            }
            json.array("inactive") { json in
                for part in inactive { json.object { json in write(part, to: &json) } }
            }
            json.key("rules")
            RuleReport(rules).write(to: &json)
        }
        json.newline()
        return json.take()
    }

    private func write(_ value: ValueExplanation, to json: inout JSONWriter) {
        for (name, text) in [
            ("key", value.key.description), ("actual", value.actual.map { shown($0, value.key) }),
            ("wanted", value.wanted.map { shown($0, value.key) }),
            ("original", value.original.map { shown($0, value.key) }), ("reason", value.reason),
        ] {
            guard let text else { continue }
            json.member(name, text)
        }
        json.array("requests") { json in
            for request in value.requests {
                json.object { json in
                    for (name, text) in [
                        ("layer", "\(request.layer)"), ("from", request.origin.text),
                        ("value", shown(request.value, value.key)), ("because", request.cause.text),
                    ] {
                        json.member(name, text)
                    }
                    json.member("wins", request.origin == value.winner)
                }
            }
        }
    }

    private func write(_ part: InactivePart, to json: inout JSONWriter) {
        json.member("from", part.origin.text)
        json.array("actions") { json in for action in part.actions { json.value(action) } }
        json.member("reason", part.reason)
    }

    private func describe(_ part: InactivePart) -> String {
        let actions = part.actions.isEmpty ? "" : ": \(part.actions.joined(separator: ", "))"
        return "\(part.origin.text)\(actions)\n    not active because \(part.reason)\n"
    }

    private func describe(_ value: ValueExplanation) -> String {
        var text = "\(value.key)  is \(shown(value.actual, value.key))"
        text += value.wanted.map { ", requested \(shown($0, value.key))" } ?? ", to be restored"
        text += " (\(value.reason))\n"
        for request in value.requests {
            let wins = request.origin == value.winner ? "*" : " "
            text +=
                "  \(wins) \(request.layer)  \(request.origin.text)  "
                + "\(shown(request.value, value.key))  \(why(request))\n"
        }
        return text + "    original  \(shown(value.original, value.key))\n"
    }

    /// The reason for a request; a standing limit has no other reason than that it is in force.
    private func why(_ request: ValueExplanation.Request) -> String {
        if case .limits = request.origin { return "in force" }
        return "because \(request.cause.text)"
    }

    private func shown(_ value: LimitValue?, _ key: LimitKey) -> String {
        value.map { key.limit?.grammar.text($0) ?? "\($0)" } ?? "unknown"
    }
}
