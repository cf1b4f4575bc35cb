namespace Zhengtong.OpenData.Model;

/// <summary>The coordinate system a dataset declares for its coordinates; longitude first in all of them.</summary>
public enum CoordinateSystem
{
    /// <summary>The dataset has no coordinates.</summary>
    None,
    /// <summary>WGS 84, EPSG:4326: GPS.</summary>
    Wgs84,
    /// <summary>CGCS2000, EPSG:4490: the national system, within decimetres of WGS 84.</summary>
    Cgcs2000,
    /// <summary>GCJ-02, shifted by hundreds of metres: most Chinese maps.</summary>
    Gcj02,
    /// <summary>BD-09, GCJ-02 shifted again: Baidu.</summary>
    Bd09,
}
