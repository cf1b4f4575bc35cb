namespace Zhengtong.Tests.Support;

/// <summary>Tests that weigh the memory of the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
