namespace Zhengtong.Catalogue.Model;

/// <summary>How a resource is delivered 共享方式. A resource has one kind; what exists as table and as API is catalogued twice.</summary>
public enum DeliveryKind
{
    /// <summary>库表: rows of a table, delivered into the consumer's own table.</summary>
    Table,
    /// <summary>文件: files, delivered to each consumer, who confirms each.</summary>
    File,
    /// <summary>接口: calls of the provider's service through the gateway.</summary>
    Api,
}

/// <summary>An operation of a service: what its OpenAPI document lists.</summary>
/// <param name="Method">Upper-case HTTP method: GET.</param>
/// <param name="Path">Path template below the service's base address, from a slash: <c>/firms/{code}</c>. A parameter stands for one segment.</param>
/// <param name="Summary">What it does; may be empty.</param>
public sealed record ServiceOperation(string Method, string Path, string Summary)
{
    /// <summary>As it is named in applications and agreements: <c>GET /firms/{code}</c>.</summary>
    internal string Name => $"{Method} {Path}";
}
