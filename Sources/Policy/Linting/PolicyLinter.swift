struct PolicyLinter {
    var document: PolicyDocument
    var places: PolicyPlaces
    var findings: [PolicyFinding] = []
    mutating func lint() {}
}
