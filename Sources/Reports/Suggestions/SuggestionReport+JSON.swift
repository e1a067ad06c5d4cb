import CgroupModel
import Suggest

extension SuggestionReport {
    /// One JSON object; amounts are in the units of the limits, times in milliseconds since 1970.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.object("window") { json in
                json.member("from_ms", clock.wallTimes.first / 1000)
                json.member("to_ms", clock.wallTimes.last / 1000)
                json.member("snapshots", UInt64(clock.samples))
                json.member("observed_seconds", clock.observed / 1_000_000_000)
                json.member("missing_seconds", clock.missing / 1_000_000_000)
                json.member("gaps", UInt64(clock.gaps))
            }
            json.member("margin", options.margin)
            json.array("cgroups") { json in
                for workload in workloads { write(workload, to: &json) }
            }
            json.array("left_out") { json in
                for one in leftOut {
                    json.object { json in
                        json.member("cgroup", one.path.text)
                        json.member("reason", one.reason)
                    }
                }
            }
            json.member("policy", policy)
        }
        json.newline()
        return json.take()
    }

    private func write(_ workload: WorkloadSuggestion, to json: inout JSONWriter) {
        json.object { json in
            json.member("cgroup", workload.record.path.text)
            json.member("observed_seconds", workload.record.observed / 1_000_000_000)
            json.member("restarts", UInt64(workload.record.restarts))
            json.array("limits") { json in
                for suggestion in workload.suggestions {
                    write(suggestion, workload.record, to: &json)
                }
            }
            json.array("unsuggested") { json in
                for (limit, reason) in workload.unsuggested {
                    write(limit, reason, to: &json)
                }
            }
        }
    }

    private func write(_ limit: SizedLimit, _ reason: Unsuggested, to json: inout JSONWriter) {
        json.object { json in
            json.member("name", limit.text)
            json.member("reason", reason.text(of: limit))
            if case .bound(_, let share, let least) = reason {
                json.member("bound_share", share)
                json.member("at_least", least)
            }
        }
    }

    private func write(
        _ suggestion: Suggestion, _ record: WorkloadRecord, to json: inout JSONWriter
    ) {
        let (limit, evidence) = (suggestion.limit, suggestion.evidence)
        json.object { json in
            json.member("name", limit.text)
            json.member("value", suggestion.value)
            json.member("value_text", limit.text(suggestion.value))
            json.member("present", limit.text(suggestion.present))
            json.member("is_at_least", suggestion.isLowerBound)
            json.member("peak", evidence.peak.value)
            json.member("peak_ms", evidence.peak.time / 1000)
            json.member("p95", evidence.p95)
            json.member("p99", evidence.p99)
            json.member("hits", evidence.hits)
            json.member("oom_kills", evidence.oomKills)
            json.member("bound_share", evidence.boundShare)
            if let growth = evidence.growth {
                json.member("growth_per_day", growth.each)
            }
            json.member("evidence", self.evidence(suggestion, record))
            let counts = trial.counts(of: record.path)
            if let count = counts.first(where: { $0.limit == limit }) {
                json.key("backtest")
                write(count, to: &json)
            }
        }
    }

    private func write(_ count: LimitTrial.Count, to json: inout JSONWriter) {
        json.object { json in
            json.member("samples", count.samples)
            json.member("hits", count.hits)
            json.member("hits_at_90_percent", count.hitsBelow)
            json.member("cache_reclaims", count.reclaims)
            if let headroom = count.headroom {
                json.member("headroom", headroom)
            }
            json.member("oom_kills_avoided", count.killsAvoided)
            json.member("oom_kills_left", count.killsLeft)
        }
    }
}
