// Violations on purpose. Each stands in the namespace of a module, as if it were one of its slices, so that the rules can be seen to find it. No production code is here.
#pragma warning disable CA1812
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Catalogue.Slices
{
    /// <summary>Never names a type of Agreements: the leak goes through the shared context, inside an async lambda.</summary>
    internal static class SeededLeak
    {
        internal static readonly Func<ZhengtongDb, Task<int>> Count = async db => await db.Agreements.CountAsync();
    }
}

namespace Zhengtong.Exchange.Slices
{
    /// <summary>Uses a slice and a table of a module of which only the Lookup and the Model are offered.</summary>
    internal static class SeededReach
    {
        internal static string Name => nameof(Zhengtong.Catalogue.Slices.RegisterResource) + typeof(Zhengtong.Catalogue.Slices.RegisterResource).Name;

        internal static async Task<int> CountAsync(ZhengtongDb db)
        {
            await Task.Yield();
            return await db.Resources.CountAsync();
        }
    }
}

namespace Zhengtong.Tests.Architecture
{
    /// <summary>A slice with every fault a slice can have.</summary>
    internal static class SeededSlice
    {
        internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/seeded", Handle);

        internal static IResult Handle(SeededRequest request) => Results.Ok(request);

        internal sealed record SeededRequest(string Name);
    }

    /// <summary>A slice that forgot its handler.</summary>
    internal static class SeededHandless
    {
        internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/seeded", () => "");
    }
}
