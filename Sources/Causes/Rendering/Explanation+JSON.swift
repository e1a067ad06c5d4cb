package import CgroupModel

extension Explanation {
    /// Writes the explanation as an object; `more` writes further keys into it.
    package func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
        json.object { json in
            json.member("cgroup", cgroup.text)
            json.member("verdict", verdict.text)
            json.member("severity", verdict.severity.rawValue)
            json.member("time", Double(wallTime) / 1e6)
            if let window {
                json.member("window_seconds", window)
            }
            json.array("findings") { json in for finding in findings { finding.write(to: &json) } }
            json.array("limits") { json in for bound in bounds { bound.write(to: &json) } }
            json.array("waits") { json in for wait in waits { wait.write(to: &json) } }
            more(&json)
        }
    }

    /// The explanation as one JSON object.
    package var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.take()
    }
}

extension Finding {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            for (key, text) in [
                ("kind", kind.rawValue), ("severity", severity.rawValue), ("text", text),
                ("resource", resource?.rawValue), ("by", culprit?.text),
                ("limit", bound?.limit.name),
            ] {
                guard let text else { continue }
                json.member(key, text)
            }
            json.write("time_share", share)
            json.write("seconds_left", bound?.secondsLeft)
            json.array("evidence") { json in for value in evidence { value.write(to: &json) } }
            guard !competitors.isEmpty else { return }
            json.array("competitors") { json in
                for rival in competitors {
                    json.object { json in
                        json.member("cgroup", rival.cgroup.text)
                        if rival.isDirect { json.member("own_processes", true) }
                        json.write(resource == .cpu ? "cpus" : "bytes_per_second", rival.usage)
                        guard let weight = rival.weight else { return }
                        json.key("weight")
                        weight.write(to: &json)
                    }
                }
            }
        }
    }
}

extension Bound {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("limit")
            limit.write(to: &json)
            if let usage {
                json.key("usage")
                usage.write(to: &json)
            }
            json.write("most", most)
            json.write("used", used)
            json.write("headroom", headroom)
            json.write("growth_per_second", slope)
            json.write("seconds_left", secondsLeft)
        }
    }
}

extension Wait {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("resource", resource.rawValue)
            json.member("what", what)
            json.write(isShare ? "time_share" : "per_second", amount)
            json.key("evidence")
            evidence.write(to: &json)
        }
    }
}

extension Evidence {
    /// Writes the value in the metric's unit, or as a string the reason why there is none.
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            json.key("value")
            if isSampled {
                MetricCatalog[metric].write(reading, to: &json)
            } else {
                json.value("not sampled")
            }
            json.write("rate", rate)
            json.member("text", text)
            json.member("cgroup", cgroup.text)
            json.member("file", file)
            json.write("age_seconds", age)
            guard let owner else { return }
            json.member("owner", owner)
        }
    }
}

extension JSONWriter {
    /// Writes a key with a number; nothing if there is none.
    fileprivate mutating func write(_ name: String, _ number: Double?) {
        guard let number else { return }
        key(name)
        value(number)
    }
}
