internal import CgroupModel
internal import Configuration
package import PolicyLanguage

/// The findings of a policy load as text or JSON.
package struct PolicyReport {
    let load: PolicyLoad

    /// Reports the findings of loading.
    package init(_ load: PolicyLoad) { self.load = load }

    /// A line for each finding.
    package var text: String { load.findings.map { "\($0)\n" }.joined() }

    /// The line for a terminal if the files have no errors; nil if they have some.
    package func verdict(on paths: [String]) -> String? {
        load.isRefused ? nil : "\(paths.joined(separator: ", ").printable): no errors\n"
    }

    /// The findings as JSON, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("refused", load.isRefused)
            json.array("findings") { json in
                for finding in load.findings {
                    json.object { json in write(finding, to: &json) }
                }
            }
        }
        json.newline()
        return json.take()
    }

    private func write(_ finding: PolicyFinding, to json: inout JSONWriter) {
        let place = finding.error.position
        for (name, text) in [
            ("file", place.file), ("severity", finding.severity.rawValue),
            ("rule", finding.rule.rawValue), ("message", finding.error.message),
        ] {
            json.member(name, text)
        }
        for (name, number) in [("line", place.line), ("column", place.column)] {
            json.member(name, UInt64(number))
        }
    }
}
