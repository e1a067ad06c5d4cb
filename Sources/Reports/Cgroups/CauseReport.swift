package import Causes
import CgroupModel
package import Events
import KernelIO

/// An explanation, with the policies on the cgroup, as text or JSON.
package struct CauseReport {
    /// The daemon's policies on a cgroup.
    package enum Policies: Sendable {
        /// The output of `policy explain`: text, or a JSON object if that was requested.
        case known(String)
        /// The reason why nothing is known: no daemon runs, or it does not answer.
        case unknown(String)
    }

    private let explanation: Explanation
    private let policies: Policies?
    private let events: [Event]?

    /// Reports an explanation, the policies on the cgroup, and the newest events of the cgroup and
    /// its ancestors in the last hour; nil leaves out the policies or the events.
    package init(_ explanation: Explanation, policies: Policies?, events: [Event]? = nil) {
        self.explanation = explanation
        self.policies = policies
        self.events = events
    }

    /// The report as text.
    package var text: String { explained + happened }

    private var happened: String {
        guard let events else { return "" }
        let now = MonotonicClock.wallMicroseconds
        let lines = events.map { "  \($0.line(now: now))\n" }
        return "\nEvents of the last hour\n" + (lines.isEmpty ? "  none\n" : lines.joined())
    }

    private var explained: String {
        switch policies {
        case nil: explanation.text
        case .unknown(let reason): explanation.text + "\nPolicies\n  unknown: \(reason)\n"
        case .known(let text):
            explanation.text + "\nPolicies\n"
                + text.split(separator: "\n").map { "  \($0)\n" }.joined()
        }
    }

    /// The report as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        explanation.write(to: &json) { json in
            switch policies {
            case nil: break
            case .unknown(let reason):
                json.member("policies_unknown", reason)
            case .known(let text):
                json.key("policies")
                json.literal(String(text.prefix { $0 != "\n" }))
            }
            if let events {
                json.array("events") { json in
                    for event in events { event.write(to: &json) }
                }
            }
        }
        json.newline()
        return json.take()
    }
}
