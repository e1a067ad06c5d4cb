import CgroupModel
import Suggest

extension SuggestionReport {
    /// One JSON object; amounts are in the units of the limits, times in milliseconds since 1970.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("window")
            json.object { json in
                json.key("from_ms")
                json.value(clock.wallTimes.first / 1000)
                json.key("to_ms")
                json.value(clock.wallTimes.last / 1000)
                json.key("snapshots")
                json.value(UInt64(clock.samples))
                json.key("observed_seconds")
                json.value(clock.observed / 1_000_000_000)
                json.key("missing_seconds")
                json.value(clock.missing / 1_000_000_000)
                json.key("gaps")
                json.value(UInt64(clock.gaps))
            }
            json.key("margin")
            json.value(options.margin)
            json.key("cgroups")
            json.array { json in
                for workload in workloads { write(workload, to: &json) }
            }
            json.key("left_out")
            json.array { json in
                for one in leftOut {
                    json.object { json in
                        json.key("cgroup")
                        json.value(one.path.text)
                        json.key("reason")
                        json.value(one.reason)
                    }
                }
            }
            json.key("policy")
            json.value(policy)
        }
        json.newline()
        return json.take()
    }

    private func write(_ workload: WorkloadSuggestion, to json: inout JSONWriter) {
        json.object { json in
            json.key("cgroup")
            json.value(workload.record.path.text)
            json.key("observed_seconds")
            json.value(workload.record.observed / 1_000_000_000)
            json.key("restarts")
            json.value(UInt64(workload.record.restarts))
            json.key("limits")
            json.array { json in
                for suggestion in workload.suggestions {
                    write(suggestion, workload.record, to: &json)
                }
            }
            json.key("unsuggested")
            json.array { json in
                for (limit, reason) in workload.unsuggested {
                    write(limit, reason, to: &json)
                }
            }
        }
    }

    private func write(_ limit: SizedLimit, _ reason: Unsuggested, to json: inout JSONWriter) {
        json.object { json in
            json.key("name")
            json.value(limit.text)
            json.key("reason")
            json.value(reason.text(of: limit))
            if case .bound(_, let share, let least) = reason {
                json.key("bound_share")
                json.value(share)
                json.key("at_least")
                json.value(least)
            }
        }
    }

    private func write(
        _ suggestion: Suggestion, _ record: WorkloadRecord, to json: inout JSONWriter
    ) {
        let (limit, evidence) = (suggestion.limit, suggestion.evidence)
        json.object { json in
            json.key("name")
            json.value(limit.text)
            json.key("value")
            json.value(suggestion.value)
            json.key("value_text")
            json.value(limit.text(suggestion.value))
            json.key("present")
            json.value(limit.text(suggestion.present))
            json.key("is_at_least")
            json.value(suggestion.isLeast)
            json.key("peak")
            json.value(evidence.peak.value)
            json.key("peak_ms")
            json.value(evidence.peak.time / 1000)
            json.key("p95")
            json.value(evidence.p95)
            json.key("p99")
            json.value(evidence.p99)
            json.key("hits")
            json.value(evidence.hits)
            json.key("oom_kills")
            json.value(evidence.oomKills)
            json.key("bound_share")
            json.value(evidence.boundShare)
            if let growth = evidence.growth {
                json.key("growth_per_day")
                json.value(growth.each)
            }
            json.key("evidence")
            json.value(self.evidence(suggestion, record))
            let counts = trial.counts(of: record.path)
            if let count = counts.first(where: { $0.limit == limit }) {
                json.key("backtest")
                write(count, to: &json)
            }
        }
    }

    private func write(_ count: LimitTrial.Count, to json: inout JSONWriter) {
        json.object { json in
            json.key("samples")
            json.value(count.samples)
            json.key("hits")
            json.value(count.hits)
            json.key("hits_at_90_percent")
            json.value(count.hitsBelow)
            json.key("cache_reclaims")
            json.value(count.reclaims)
            if let headroom = count.headroom {
                json.key("headroom")
                json.value(headroom)
            }
            json.key("oom_kills_avoided")
            json.value(count.killsAvoided)
            json.key("oom_kills_left")
            json.value(count.killsLeft)
        }
    }
}
