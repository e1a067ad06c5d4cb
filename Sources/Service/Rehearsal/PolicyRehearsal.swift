internal import Actuation
internal import CgroupModel
internal import Enforcement
package import Hierarchy
package import Policy
internal import PolicyLanguage

/// The first tick of a policy on this host, without carrying out its effects.
package struct PolicyRehearsal {
    let set: HierarchySet
    /// The engine after the tick.
    package let engine: PolicyEngine
    let output: PolicyOutput
    let snapshot: Snapshot

    /// Loads the files, samples once and ticks once.
    ///
    /// Throws ``ReportedFailure`` if the files have errors.
    package init(_ paths: [String], on system: SystemRoot) async throws {
        var document = try PolicyFiles.load(paths, on: system).required()
        document.defaults.isDryRun = true
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        let observation = try Observation(
            system, metrics: ReadPlan.metrics(upTo: .settings), configuration: configuration)
        let set = observation.set
        let facts = KernelFacts(
            set: set, policy: document, holds: try? StateDirectory.holds(),
            connections: SystemdConnections(), identities: Identities(set, isOnce: true),
            isOnce: true)
        var engine = PolicyEngine(
            document: document, facts: facts, vocabulary: PolicyVocabulary.metric(named:),
            sources: PolicyLayers.all(document, mode: facts.mode) { set.legacy($0) != nil })
        snapshot = await observation.sampler.sample()
        facts.settle(snapshot.cgroups, for: document)
        var topology = TopologyReader(set.system)
        output = engine.tick(PolicyInput(of: snapshot, topology: topology.read()))
        self.engine = engine
        self.set = set
    }
}
