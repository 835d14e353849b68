#Requires -Version 5.1
#Requires -Modules Hyper-V
#
# disks/web_2.avhdx cannot be merged into disks/web_1.avhdx as things stand. A new disk takes what disks/web_2.avhdx holds: it reads 2.1 MiB and writes 2.0 MiB, the new file takes 6.0 MiB.
# Made by vhdxray (version) and never carried out by it.
# Fingerprint of the plan: sha256 (hash)
# Without -Execute nothing is changed: every step only says what it would do.

[CmdletBinding()]
param(
    [switch]$Execute
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$WhatIf = -not $Execute

function Assert-PlanFact {
    param(
        [bool]$Condition,
        [string]$Message
    )
    if ($Condition) {
        return
    }
    if ($Execute) {
        throw $Message
    }
    Write-Warning -Message $Message
}

# What Windows takes for one path: either separator, any at the end, and what stands in front only for the kernel.
function ConvertTo-PlanPath {
    param(
        [string]$Path
    )
    $Plain = $Path.Replace('/', '\').TrimEnd('\')
    foreach ($Prefix in @('\\?\', '\\.\', '\??\')) {
        if ($Plain.StartsWith($Prefix, [System.StringComparison]::Ordinal)) {
            $Plain = $Plain.Substring($Prefix.Length)
            if ($Plain.StartsWith('UNC\', [System.StringComparison]::OrdinalIgnoreCase)) {
                $Plain = '\' + $Plain.Substring(3)
            }
            break
        }
    }
    $Plain
}

function Assert-PlanPath {
    param(
        [string[]]$Found,
        [string]$Planned,
        [string]$Message
    )
    $Wanted = ConvertTo-PlanPath -Path $Planned
    $Same = 0
    foreach ($Path in $Found) {
        $Plain = ConvertTo-PlanPath -Path $Path
        if ([string]::Equals($Plain, $Wanted, [System.StringComparison]::OrdinalIgnoreCase)) {
            $Same++
        }
    }
    $Shown = @($Found) -join ', '
    if ([string]::IsNullOrEmpty($Shown)) {
        $Shown = 'nothing'
    }
    $Said = '{0} It should be {1}; the host says {2}.' -f $Message, $Planned, $Shown
    Assert-PlanFact -Condition ($Same -eq 1) -Message $Said
}

$Disk1 = 'D:\VMs\disks\web_2.avhdx'
$Disk2 = 'D:\VMs\disks\web_1.avhdx'
$Disk3 = 'D:\VMs\disks\web.vhdx'
$NewDisk = 'D:\VMs\disks\web-export.vhdx'

# 1. See that nothing has changed since the plan was made
#    Then: Every file has the length that it had. vhdxray verify, with this plan as JSON, compares everything that the plan rests on.
Write-Output -InputObject '1. See that nothing has changed since the plan was made'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk1).Length -eq 5242880) -Message 'D:\VMs\disks\web_2.avhdx has another length than when the plan was made. Plan again.'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk2).Length -eq 5242880) -Message 'D:\VMs\disks\web_1.avhdx has another length than when the plan was made. Plan again.'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk3).Length -eq 5242880) -Message 'D:\VMs\disks\web.vhdx has another length than when the plan was made. Plan again.'

# 2. See that machine "web" is off
#    Then: Its state is Off, not Saved.
Write-Output -InputObject '2. See that machine "web" is off'
Assert-PlanFact -Condition ((Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa').State -eq 'Off') -Message 'machine "web" is not off.'

# 3. See that machine "web" has the disks and checkpoints that it had
#    Then: Its drives hold the files that they held, and no checkpoint was made or deleted. One that a backup has made since would keep what is merged, with every file as long as before.
Write-Output -InputObject '3. See that machine "web" has the disks and checkpoints that it had'
Assert-PlanPath -Found @(Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 | Select-Object -ExpandProperty Path) -Planned 'D:\VMs\disks\web_2.avhdx' -Message 'machine "web" has another disk than when the plan was made. Plan again.'
Assert-PlanFact -Condition (@(Get-VMSnapshot -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa')).Count -eq 0) -Message 'machine "web" has other checkpoints than when the plan was made, perhaps of a backup. Plan again.'

# 4. See that nobody has disks/web_2.avhdx open
#    Then: It is neither attached nor mounted.
Write-Output -InputObject '4. See that nobody has disks/web_2.avhdx open'
Assert-PlanPath -Found @(Get-VHD -Path $Disk1 | Select-Object -ExpandProperty Path) -Planned $Disk1 -Message 'Get-VHD found another file.'
Assert-PlanFact -Condition (-not (Get-VHD -Path $Disk1).Attached) -Message 'D:\VMs\disks\web_2.avhdx is attached.'

# 5. Write what disks/web_2.avhdx holds into a new file
#    Then: The new file is there and holds the whole disk; no old file has changed.
#    The way back: Delete the new file.
Write-Output -InputObject '5. Write what disks/web_2.avhdx holds into a new file'
Assert-PlanFact -Condition (-not (Test-Path -LiteralPath $NewDisk)) -Message 'The new file is there already.'
Convert-VHD -Path $Disk1 -DestinationPath $NewDisk -VHDType Dynamic -BlockSizeBytes 1048576 -WhatIf:$WhatIf
if ($Execute) {
    Assert-PlanFact -Condition (Test-Path -LiteralPath $NewDisk) -Message 'The new file was not made.'
}

# 6. See that the new file can be opened
#    Then: Test-VHD finds nothing wrong. vhdxray verify --after, with this plan as JSON, proves the content where the plan was made with --hash. Then start the machine, look at it, and make a full backup.
Write-Output -InputObject '6. See that the new file can be opened'
if ($Execute) {
    Assert-PlanFact -Condition (Test-VHD -Path $NewDisk) -Message 'The new file cannot be opened.'
}

# 7. Put the survivor on IDE 0 location 1 of machine "web"
#    Then: Get-VMHardDiskDrive shows the survivor on that drive.
#    The way back: Put the former disk back, as long as it is there and was not merged.
#        Assert-PlanPath -Found @(Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 | Select-Object -ExpandProperty Path) -Planned $NewDisk -Message 'The drive of machine "web" has another disk than it had. Plan again.'
#        $Drive = Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1
#        Set-VMHardDiskDrive -VMHardDiskDrive $Drive -Path $Disk1 -WhatIf:$WhatIf
Write-Output -InputObject '7. Put the survivor on IDE 0 location 1 of machine "web"'
Assert-PlanFact -Condition ((Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa').State -eq 'Off') -Message 'machine "web" is not off.'
Assert-PlanPath -Found @(Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 | Select-Object -ExpandProperty Path) -Planned 'D:\VMs\disks\web_2.avhdx' -Message 'The drive of machine "web" has another disk than it had. Plan again.'
$Drive = Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1
Set-VMHardDiskDrive -VMHardDiskDrive $Drive -Path $NewDisk -WhatIf:$WhatIf
if ($Execute) {
    Assert-PlanPath -Found @(Get-VMHardDiskDrive -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -ControllerType IDE -ControllerNumber 0 -ControllerLocation 1 | Select-Object -ExpandProperty Path) -Planned $NewDisk -Message 'The drive has another disk.'
}
