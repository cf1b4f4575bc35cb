using ModelContextProtocol.Protocol;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Mcp;

/// <summary>The portal for language models: Model Context Protocol over streamable HTTP at <c>/mcp</c>, read-only tools, within the limits that any caller has.</summary>
internal static class McpModule
{
    internal const string Address = "/mcp";

    internal static void AddPortalTools(this WebApplicationBuilder builder) => builder.Services
        .AddMcpServer(o =>
        {
            o.ServerInfo = new Implementation { Name = "zhengtong-open-data", Title = "Zhengtong open data", Version = "1.0" };
            o.ServerInstructions = "The open data of Chinese government departments. Titles, notes and cells are in Chinese (zh-CN): search in Chinese. Find a dataset with search_datasets, " +
                "read its columns with get_schema, then ask for rows with query_rows. Answers are cut at a size and say so in 'truncated'.";
        })
        // Every call stands alone, so any process behind a load balancer may answer it.
        .WithHttpTransport(o => o.Stateless = true)
        .WithTools<PortalTools>();

    internal static void MapPortalTools(this WebApplication app) => app.MapMcp(Address).WithPublicLimits("mcp", KeyScope.Rows);
}
