import CgroupModel

/// Counts OOM kills by slice and kind of cgroup, and keeps the counts of removed cgroups.
///
/// v2 adds a kill to the cgroup and all its ancestors, where it stays after the cgroup is removed.
/// A parent's excess over its children therefore belongs to a child that vanished between two
/// samples. v1 counts only at the cgroup itself. For a vanished cgroup, only the count of its last
/// sample is known. Kills before the first sample are not counted.
///
/// With ``ExportLedger/KillSource/events``, events are counted instead, because they include every
/// kill.
struct OOMKillTally {
    private let source: ExportLedger.KillSource
    /// The maximum number of places without living cgroups that keep their own count; pods come and
    /// go with slices of their own.
    private static let mostPlaces = 500

    private var accounts: [CgroupID: Account] = [:]
    private var listed: [CgroupEntry]?
    private var counts: [Place: UInt64] = [:]
    private var lastKill: [Place: UInt64] = [:]
    private var tick: UInt64 = 0
    /// The places of cgroups that vanished since the previous sample, by parent.
    private var vanished: [CgroupID: Set<Place>] = [:]

    init(_ source: ExportLedger.KillSource = .samples) { self.source = source }

    /// Counts kills of processes in a cgroup; `path` is nil if the cgroup is unknown.
    mutating func take(_ kills: UInt64, in path: CgroupPath?) {
        let place = path.map(Place.init) ?? .unknown
        counts[place, default: 0] += kills
        lastKill[place] = tick
    }

    /// Counts the kills of a sample, unless events are counted; every sample must be passed, in
    /// order.
    mutating func take(_ snapshot: Snapshot) {
        tick = snapshot.tick
        follow(snapshot)
        guard source == .samples else { return }
        // Descendants follow their ancestors in the list. Going backward counts their kills first,
        // and not again in an ancestor.
        for index in snapshot.cgroups.indices.reversed() { look(snapshot, index) }
    }

    /// The family with the counts so far.
    var family: ProgramFamily {
        .counter(
            "cgwarden_oom_kills_total",
            "Processes killed by the OOM killer since cgwarden started, removed cgroups included.",
            counts.sorted { $0.key < $1.key }.map { place, count in
                ProgramFamily.Sample(
                    count, labels: [("slice", place.slice), ("kind", place.kind.rawValue)])
            })
    }
}

extension OOMKillTally {
    private struct Place: Hashable, Comparable {
        let slice: String
        let kind: CgroupIdentity.Kind

        static let unknown = Place(slice: "", kind: .other)

        init(slice: String, kind: CgroupIdentity.Kind) {
            self.slice = slice
            self.kind = kind
        }

        init(_ path: CgroupPath) {
            let identity = CgroupIdentity(path)
            self.init(slice: identity.slice ?? "", kind: identity.kind)
        }

        static func < (left: Place, right: Place) -> Bool {
            (left.slice, left.kind.rawValue) < (right.slice, right.kind.rawValue)
        }
    }

    /// The counters of a living cgroup.
    private struct Account {
        let place: Place
        let parent: CgroupID?
        /// The kernel's counts when counting began.
        let recursiveBase: UInt64, localBase: UInt64
        /// Kills counted here and below.
        var counted: UInt64 = 0
        /// The part of ``counted`` that was counted at the cgroup itself.
        var countedHere: UInt64 = 0
    }
}

extension OOMKillTally {
    /// Opens accounts for new cgroups and closes those of removed ones.
    private mutating func follow(_ snapshot: Snapshot) {
        vanished = [:]
        if let listed, listed == snapshot.cgroups { return }
        let isFirst = listed == nil
        listed = snapshot.cgroups
        var living: [CgroupID: Account] = [:]
        living.reserveCapacity(snapshot.cgroups.count)
        for (index, cgroup) in snapshot.cgroups.enumerated() {
            if let known = accounts.removeValue(forKey: cgroup.id) {
                living[cgroup.id] = known
                continue
            }
            let base = { (metric: MetricID) in
                isFirst ? snapshot[index, metric].value ?? 0 : 0
            }
            living[cgroup.id] = Account(
                place: Place(cgroup.path),
                parent: cgroup.parent.map { snapshot.cgroups[$0].id },
                recursiveBase: base(.memoryOOMKills), localBase: base(.memoryLocalOOMKills))
        }
        for dead in accounts.values {
            if let parent = dead.parent { vanished[parent, default: []].insert(dead.place) }
        }
        accounts = living
        forgetPlaces()
    }

    /// Adds the places of living cgroups and merges the oldest dead ones into `unknown`.
    ///
    /// A place is exported from its first cgroup on, because a rate needs a 0 before the first 1.
    private mutating func forgetPlaces() {
        let living = Set(accounts.values.map(\.place))
        for place in living where counts[place] == nil { counts[place] = 0 }
        counts = counts.filter { $0.value > 0 || living.contains($0.key) }
        let dead = counts.keys.filter { !living.contains($0) && $0 != .unknown }
        guard dead.count > Self.mostPlaces else { return }
        let oldest = dead.sorted { (lastKill[$0] ?? 0, $0) < (lastKill[$1] ?? 0, $1) }
        for place in oldest.prefix(dead.count - Self.mostPlaces) {
            counts[.unknown, default: 0] += counts.removeValue(forKey: place) ?? 0
            lastKill[place] = nil
        }
    }

    private mutating func look(_ snapshot: Snapshot, _ index: Int) {
        let id = snapshot.cgroups[index].id
        guard let account = accounts[id] else { return }
        let local = Self.growth(snapshot[index, .memoryLocalOOMKills], account.localBase)
        if let local, local > account.countedHere {
            count(local - account.countedHere, at: account.place, snapshot, index)
            accounts[id]?.countedHere = local
        }
        let recursive = Self.growth(snapshot[index, .memoryOOMKills], account.recursiveBase)
        let counted = accounts[id]?.counted ?? 0
        if let recursive, recursive > counted {
            count(
                recursive - counted, at: place(below: account, vanished[id] ?? [], local),
                snapshot, index)
        }
    }

    /// The place to charge with kills that exceed a cgroup's own and its children's.
    private func place(
        below account: Account, _ vanished: Set<Place>, _ local: UInt64?
    ) -> Place {
        if let only = vanished.first, vanished.count == 1 { return only }
        // A kernel before 5.2 has no local count.
        if local == nil, vanished.isEmpty { return account.place }
        return Place(slice: account.place.slice, kind: .other)
    }

    private static func growth(_ reading: Reading, _ base: UInt64) -> UInt64? {
        reading.value.map { $0 > base ? $0 - base : 0 }
    }

    /// Counts kills at a place, for the cgroup and for all its ancestors.
    private mutating func count(
        _ kills: UInt64, at place: Place, _ snapshot: Snapshot, _ index: Int
    ) {
        counts[place, default: 0] += kills
        lastKill[place] = snapshot.tick
        var next: Int? = index
        while let here = next {
            accounts[snapshot.cgroups[here].id]?.counted += kills
            next = snapshot.cgroups[here].parent
        }
    }
}
