using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Monitor;

/// <summary>What moves on the monitor's page, as a fragment that the open page asks for again and again.</summary>
internal static class LiveMonitor
{
    internal const string Path = $"{LiveFragments.Path}/exchange/monitor";

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet(Path, Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static RazorComponentResult Handle(HttpRequest request) => new RazorComponentResult<MonitorNow>(new { Asked = request.Path + request.QueryString.Value });
}
